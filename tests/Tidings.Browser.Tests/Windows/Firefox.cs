using System.Collections.Concurrent;
using System.Text.Json;

namespace Tidings.Browser.Tests;

/// <summary>Firefox, driven by WebDriver BiDi. Profiles of tests are its containers ("user contexts"), which share nothing.</summary>
public sealed class Firefox : IBrowser, IAsyncDisposable
{
    private const string Listening = "WebDriver BiDi listening on ";

    private static readonly TimeSpan TimeToEnd = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, FirefoxWindow> _windows = new(StringComparer.Ordinal);
    private readonly Lazy<Task> _started;
    private DirectoryInfo? _directory;
    private ServerProcess? _process;
    private BidiConnection? _connection;
    private string? _chrome;

    /// <summary>Starts nothing yet.</summary>
    public Firefox() => _started = new Lazy<Task>(StartAsync);

    /// <inheritdoc />
    public BrowserKind Kind => BrowserKind.Firefox;

    /// <inheritdoc />
    public async Task<BrowserProfile> NewProfileAsync(bool acceptsAnyCertificate = false)
    {
        await _started.Value;
        JsonElement created = await SendAsync("browser.createUserContext", new { acceptInsecureCerts = acceptsAnyCertificate });
        return new FirefoxProfile(this, created.GetProperty("userContext").GetString()!); // every answer names it
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await EndAsync(_connection);
            await _connection.DisposeAsync();
        }

        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _directory?.Delete(recursive: true);
    }

    internal Task<JsonElement> SendAsync(string method, object parameters) => _connection!.SendAsync(method, parameters); // whoever sends has a profile, and so it has started

    /// <summary>Passes the events of a browsing context on to its window.</summary>
    internal void Register(string context, FirefoxWindow window) => _windows[context] = window;

    internal void Unregister(string context) => _windows.TryRemove(context, out _);

    /// <summary>Runs a function of the browser's own code, with a page's browsing context, for the little that BiDi has no command for.</summary>
    internal async Task<string> RunInChromeAsync(string context, string function)
    {
        string script =
            $$"""
            (() => {
              const { NavigableManager } = ChromeUtils.importESModule("chrome://remote/content/shared/NavigableManager.sys.mjs");
              return `${({{function}})(NavigableManager.getBrowsingContextById("{{context}}").top)}`;
            })()
            """;
        JsonElement result = await SendAsync("script.evaluate", new { expression = script, target = new { context = _chrome }, awaitPromise = false });
        return FirefoxWindow.ValueOf(result);
    }

    private async Task StartAsync()
    {
        string executable = Programs.Find("firefox-esr", "firefox-esr", "firefox");
        _directory = Directory.CreateTempSubdirectory("tidings-firefox-");
        string profile = _directory.CreateSubdirectory("profile").FullName;
        await File.WriteAllLinesAsync(Path.Combine(profile, "user.js"), FirefoxPreferences.Lines());
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOME"] = _directory.FullName, // what it keeps beside its profile goes away with it
            ["MOZ_CRASHREPORTER_DISABLE"] = "1",
        };
        _process = ServerProcess.Start(
            executable,
            ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "--remote-allow-system-access"],
            _directory.FullName,
            environment);
        string line = (await _process.WaitForLinesAsync(Listening))[0];
        var address = new Uri($"{line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Trim()}/session");
        _connection = await BidiConnection.ConnectAsync(address, Pass);
        await SendAsync("session.new", new { capabilities = new { } });
        await SendAsync("session.subscribe", new { events = (string[])["log.entryAdded", "network.beforeRequestSent"] });
        JsonElement tree = await SendAsync("browsingContext.getTree", new Dictionary<string, object>(StringComparer.Ordinal) { ["moz:scope"] = "chrome" });
        _chrome = tree.GetProperty("contexts")[0].GetProperty("context").GetString();
    }

    private void Pass(string name, JsonElement parameters)
    {
        JsonElement source = name == "log.entryAdded" ? parameters.GetProperty("source") : parameters;
        if (source.TryGetProperty("context", out JsonElement context)
            && context.ValueKind == JsonValueKind.String
            && _windows.TryGetValue(context.GetString()!, out FirefoxWindow? window)) // a string, as just seen
        {
            window.Take(name, parameters);
        }
    }

    // In order, so that it leaves no process of its own behind; what has not ended by then is ended by its id.
    private async Task EndAsync(BidiConnection connection)
    {
        try
        {
            await connection.SendAsync("browser.close", new { }).WaitAsync(TimeToEnd);
            await _process!.WaitForExitAsync(TimeToEnd); // there is no connection without it
        }
        catch (Exception failure) when (failure is BidiException or TimeoutException)
        {
            // It has gone already, or will not.
        }
    }
}
