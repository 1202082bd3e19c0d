using System.Collections.Concurrent;
using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Browser.Tests;

/// <summary>
/// A window with one page, the same for a test in every browser. Elements are named by CSS selectors, of which the first match is meant. Scripts are JavaScript expressions; one that is a
/// function is called with the argument, and a promise is waited for. Input waits until its element can be used.
/// </summary>
public abstract class BrowserWindow : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<string> _console = new();
    private readonly ConcurrentQueue<string> _scriptErrors = new();
    private readonly ConcurrentQueue<string> _requests = new();

    /// <summary>All that the console showed, in order.</summary>
    public IReadOnlyCollection<string> Console => _console;

    /// <summary>What went wrong in scripts: <c>console.error</c>, what nobody caught, and what the page's content security policy forbade. They fail the test unless it clears them.</summary>
    public ConcurrentQueue<string> ScriptErrors => _scriptErrors;

    /// <summary>The addresses (of <c>http</c> and <c>https</c>) that the page has asked for, in order; each redirect is one more. Firefox also tells of icons.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Opens an address and waits until it is loaded.</summary>
    public abstract Task GoToAsync(string url);

    /// <inheritdoc cref="GoToAsync(string)" />
    public Task GoToAsync(Uri url) => GoToAsync(url.AbsoluteUri);

    /// <summary>Loads the page once more.</summary>
    public abstract Task ReloadAsync();

    /// <summary>Goes back in the history, to what may come from the back-forward cache, and waits until it is there.</summary>
    public abstract Task GoBackAsync();

    /// <summary>Clicks into the middle of an element. Another page that this leads to is not waited for.</summary>
    public abstract Task ClickAsync(string selector);

    /// <summary>Replaces the text of a field.</summary>
    public abstract Task FillAsync(string selector, string text);

    /// <summary>Presses a key for whatever has the focus.</summary>
    /// <param name="key">One character, or a key's name such as <c>Enter</c>, <c>Tab</c>, <c>Escape</c> or <c>ArrowDown</c>; before it, perhaps, <c>Shift+</c>, <c>Control+</c> or <c>Alt+</c>.</param>
    public abstract Task PressAsync(string key);

    /// <summary>Chooses a file for an <c>input type="file"</c>.</summary>
    public abstract Task ChooseFileAsync(string selector, string path);

    /// <summary>Sets the size of the page in CSS pixels; 1280 × 720 to begin with.</summary>
    public abstract Task SetSizeAsync(int width, int height);

    /// <summary>Sets what <c>prefers-color-scheme</c> says; light to begin with.</summary>
    public abstract Task SetColorSchemeAsync(ColorScheme scheme);

    /// <summary>Writes what the window shows into a PNG file.</summary>
    /// <param name="path">The file; its directory is made.</param>
    /// <param name="area">How much of the page.</param>
    public abstract Task ScreenshotAsync(string path, ScreenshotArea area = ScreenshotArea.Visible);

    /// <summary>Answers all requests of this window for a path in the server's place, until told otherwise.</summary>
    /// <param name="path">The path of the address, without its query.</param>
    /// <param name="body">The whole answer, of type <c>text/event-stream</c>; null for none, ever.</param>
    /// <param name="status">Its status.</param>
    public abstract Task AnswerAsync(string path, string? body, int status = 200);

    /// <summary>Lets the servers answer again.</summary>
    public abstract Task StopAnsweringAsync();

    /// <summary>Ends the process of the page as a crash does. The window can then only be closed.</summary>
    public abstract Task CrashAsync();

    /// <summary>
    /// Stops the page until <see cref="ThawAsync"/>: no script runs and no event reaches it, but it keeps its locks and connections. Nothing tells it so beforehand. In Chromium its scripts
    /// are stopped at the next statement, which this waits for; in Firefox its process is, as by a laptop's sleep.
    /// </summary>
    public abstract Task FreezeAsync();

    /// <summary>Lets a frozen page go on.</summary>
    public abstract Task ThawAsync();

    /// <summary>Closes the window, without asking the page.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>Runs a script for its effect.</summary>
    public Task EvaluateAsync(string script, object? argument = null) => EvaluateAsync<JsonElement>(script, argument);

    /// <summary>Runs a script for its result, which must be JSON.</summary>
    /// <exception cref="ScriptException">The script threw.</exception>
    public async Task<T> EvaluateAsync<T>(string script, object? argument = null)
    {
        string answer = await RunAsync(PageScript.Wrap(script, argument)).WaitAsync(Hang.Limit);
        return PageScript.Unwrap<T>(answer);
    }

    /// <summary>Waits until a script's result is true (or anything that JavaScript takes for it).</summary>
    /// <param name="script">Run again and again; one that throws is not true yet.</param>
    /// <param name="argument">Its argument.</param>
    public Task WaitUntilAsync(string script, object? argument = null) =>
        WaitForAsync<bool>($"async argument => {{ const value = ({script}); return !!await (typeof value === 'function' ? value(argument) : value); }}", argument, isTrue => isTrue, $"This is not true: {script}");

    /// <summary>Waits until a script's result is as wanted, and returns that.</summary>
    /// <param name="script">Run again and again.</param>
    /// <param name="argument">Its argument.</param>
    /// <param name="isWanted">Whether a result is.</param>
    /// <param name="complaint">What is said of a page that never gets there, before its last result.</param>
    /// <exception cref="TimeoutException">It has not come.</exception>
    public async Task<T> WaitForAsync<T>(string script, object? argument, Func<T, bool> isWanted, string complaint)
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var timer = new PeriodicTimer(PollInterval, TimeProvider.System);
        string last;
        do
        {
            try
            {
                T value = await EvaluateAsync<T>(script, argument);
                if (isWanted(value))
                {
                    return value;
                }

                last = JsonSerializer.Serialize(value, PageScript.Json);
            }
            catch (Exception failure) when (failure is ScriptException || IsBetweenPages(failure))
            {
                last = failure.Message;
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
        while (!patience.IsCancellationRequested);

        throw new TimeoutException($"{complaint}\nWaited for {Hang.Limit}, and the last was: {last}");
    }

    /// <summary>Runs an expression whose value is a promise of a string.</summary>
    protected abstract Task<string> RunAsync(string expression);

    /// <summary>Whether the failure of a script comes of the page that it ran in having been left.</summary>
    protected abstract bool IsBetweenPages(Exception failure);

    /// <summary>Takes note of a line of the console.</summary>
    protected void Hear(string line, bool isScriptError)
    {
        _console.Enqueue(line);
        if (isScriptError)
        {
            _scriptErrors.Enqueue(line);
        }
    }

    /// <summary>Takes note of a request.</summary>
    protected void Ask(string url)
    {
        if (url.StartsWith("http", StringComparison.Ordinal))
        {
            _requests.Enqueue(url);
        }
    }

    /// <summary>Makes the directory of a file that is to be written.</summary>
    protected static void MakeDirectoryOf(string path) => Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!); // a file's path has one
}
