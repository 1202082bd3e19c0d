using System.Globalization;
using System.Text.Json;

namespace Tidings.Browser.Tests;

/// <summary>A window of Firefox: a browsing context of WebDriver BiDi.</summary>
internal sealed class FirefoxWindow : BrowserWindow
{
    private readonly Firefox _firefox;
    private readonly string _context;
    private readonly FirefoxInput _input;
    private readonly FirefoxAnswers _answers;
    private int? _frozenProcess;
    private bool _isClosed;

    public FirefoxWindow(Firefox firefox, string context)
    {
        _firefox = firefox;
        _context = context;
        _input = new FirefoxInput(firefox, context);
        _answers = new FirefoxAnswers(firefox, context);
        firefox.Register(context, this);
    }

    public override Task GoToAsync(string url) => _firefox.SendAsync("browsingContext.navigate", new { context = _context, url, wait = "complete" });

    public override Task ReloadAsync() => _firefox.SendAsync("browsingContext.reload", new { context = _context, wait = "complete" });

    public override async Task GoBackAsync()
    {
        // After a second Firefox says that it has gone back, also if it has not yet.
        string left = $"{Guid.NewGuid()}";
        await EvaluateAsync("left => { window.leftPage = left; }", left);
        await _firefox.SendAsync("browsingContext.traverseHistory", new { context = _context, delta = -1 });
        await WaitUntilAsync("left => window.leftPage !== left && document.readyState === 'complete'", left);
    }

    public override async Task ClickAsync(string selector) => await _input.ClickAsync(await UsableAsync(selector));

    public override async Task FillAsync(string selector, string text)
    {
        await UsableAsync(selector);
        await EvaluateAsync("selector => { const field = document.querySelector(selector); field.focus(); field.select(); }", selector);
        await _input.TypeAsync(text.Length > 0 ? text : FirefoxInput.Delete);
    }

    public override Task PressAsync(string key) => _input.PressAsync(key);

    public override async Task ChooseFileAsync(string selector, string path)
    {
        // Unlike for a click, the field itself may be hidden behind its label.
        await WaitUntilAsync("selector => document.querySelector(selector)", selector);
        JsonElement? field = await NodeAsync($"document.querySelector({JsonSerializer.Serialize(selector)})");
        await _firefox.SendAsync("input.setFiles", new { context = _context, element = field, files = (string[])[Path.GetFullPath(path)] });
    }

    public override Task SetSizeAsync(int width, int height) => _firefox.SendAsync("browsingContext.setViewport", new { context = _context, viewport = new { width, height } });

    public override Task SetColorSchemeAsync(ColorScheme scheme) =>
        _firefox.RunInChromeAsync(_context, $"context => context.prefersColorSchemeOverride = '{(scheme == ColorScheme.Dark ? "dark" : "light")}'");

    public override async Task ScreenshotAsync(string path, ScreenshotArea area = ScreenshotArea.Visible)
    {
        MakeDirectoryOf(path);
        JsonElement picture = await _firefox.SendAsync(
            "browsingContext.captureScreenshot", new { context = _context, origin = area == ScreenshotArea.Page ? "document" : "viewport" });
        await File.WriteAllBytesAsync(path, picture.GetProperty("data").GetBytesFromBase64());
    }

    public override Task AnswerAsync(string path, string? body, int status = 200) => _answers.AddAsync(path, body, status);

    public override Task StopAnsweringAsync() => _answers.RemoveAllAsync();

    public override async Task CrashAsync()
    {
        Signal.Send(await ProcessAsync(), Signal.Kill);
    }

    public override async Task FreezeAsync()
    {
        _frozenProcess = await ProcessAsync();
        Signal.Send(_frozenProcess.Value, Signal.Stop);
    }

    public override Task ThawAsync()
    {
        if (_frozenProcess is int process)
        {
            Signal.Send(process, Signal.Continue);
            _frozenProcess = null;
        }

        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        await ThawAsync();
        await _answers.RemoveAllAsync();
        await _firefox.SendAsync("browsingContext.close", new { context = _context, promptUnload = false });
        _firefox.Unregister(_context);
    }

    /// <summary>Takes an event of this window.</summary>
    public void Take(string name, JsonElement parameters)
    {
        if (name == "log.entryAdded")
        {
            bool isScriptError = parameters.GetProperty("type").GetString() == "console" && parameters.GetProperty("level").GetString() == "error";
            Hear(parameters.GetProperty("text").GetString() ?? "", isScriptError);
            return;
        }

        JsonElement request = parameters.GetProperty("request");
        string url = request.GetProperty("url").GetString()!; // every request has one
        Ask(url);
        if (parameters.GetProperty("isBlocked").GetBoolean())
        {
            _answers.Answer(request.GetProperty("request").GetString()!, new Uri(url)); // and an id
        }
    }

    /// <summary>The value of a script that is a text.</summary>
    /// <exception cref="ScriptException">The script threw.</exception>
    public static string ValueOf(JsonElement result) => result.GetProperty("type").GetString() == "exception"
        ? throw new ScriptException(result.GetProperty("exceptionDetails").GetProperty("text").GetString()!) // every exception has one
        : result.GetProperty("result").GetProperty("value").GetString()!; // the scripts see to it

    protected override async Task<string> RunAsync(string expression) =>
        ValueOf(await _firefox.SendAsync("script.evaluate", new { expression, target = new { context = _context }, awaitPromise = true }));

    protected override bool IsBetweenPages(Exception failure) => failure is BidiException;

    private async Task<JsonElement> UsableAsync(string selector)
    {
        string script = $"{PageScript.Usable}({JsonSerializer.Serialize(selector)})";
        while (true)
        {
            await WaitForAsync<bool>($"{script} !== null", null, isUsable => isUsable, $"{selector} cannot be used.");
            if (await NodeAsync(script) is { } element)
            {
                return element;
            }

            // The page has changed in between.
        }
    }

    private async Task<JsonElement?> NodeAsync(string expression)
    {
        JsonElement result = await _firefox.SendAsync("script.evaluate", new { expression, target = new { context = _context }, awaitPromise = false });
        return result.TryGetProperty("result", out JsonElement node) && node.TryGetProperty("sharedId", out JsonElement id)
            ? JsonSerializer.SerializeToElement(new { sharedId = id.GetString() }, PageScript.Json)
            : null;
    }

    private async Task<int> ProcessAsync() =>
        int.Parse(await _firefox.RunInChromeAsync(_context, "context => context.currentWindowGlobal.osPid"), CultureInfo.InvariantCulture);
}
