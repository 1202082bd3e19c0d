namespace Tidings.Server.Tests.Commands.Log;

/// <summary>A hub with its log in a directory of the test, and the commands of <c>tidings log</c> on it, while the hub runs or after it has stopped.</summary>
internal sealed class TestLog : IAsyncDisposable
{
    private readonly DirectoryInfo _root = System.IO.Directory.CreateTempSubdirectory("tidings-log-");
    private TestHub? _hub;

    public string Directory => Path.Combine(_root.FullName, "data");

    public Broker Broker => _hub!.Broker; // while it runs

    public string PathOf(string name) => Path.Combine(_root.FullName, name);

    /// <summary>A hub with three events: public and private, of several topics, with everything that an event can have.</summary>
    public static async Task<TestLog> StartAsync(bool isRunning = true)
    {
        var log = new TestLog();
        await log.StartHubAsync();
        await log.Broker.PublishAsync("news", "first\nline \e[1m");
        await log.Broker.PublishAsync(
            [Topic.Of("orders/7"), Topic.Of("news")],
            new ServerEvent("\U0001F600", "paid", "mine") { Retry = TimeSpan.FromSeconds(2) },
            EventAudience.Granted);
        await log.Broker.PublishAsync("other", new ServerEvent(data: null));
        if (!isRunning)
        {
            await log.StopHubAsync();
        }

        return log;
    }

    public async Task StartHubAsync(params (string Name, string Value)[] settings) =>
        _hub = await TestHub.StartAsync(settings: [("Tidings:SqliteLog:Directory", Directory), .. settings]);

    public async Task StopHubAsync()
    {
        await _hub!.DisposeAsync(); // while it runs
        _hub = null;
    }

    /// <summary>Runs a command on the log of this hub, or on that in the directory <paramref name="data"/>.</summary>
    public async Task<(ExitCode Code, string Output, string Error)> RunAsync(string[] args, string? input = null, string? data = null)
    {
        var terminal = new TestTerminal { Input = TestTerminal.Typed(input ?? "") };
        ExitCode code = await terminal.RunAsync(["log", .. args, "--data", data ?? Directory]);
        return (code, terminal.Output, terminal.Error);
    }

    public async ValueTask DisposeAsync()
    {
        if (_hub is not null)
        {
            await _hub.DisposeAsync();
        }

        _root.Delete(recursive: true);
    }
}
