using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Faults.Tests.Recording;

namespace Tidings.Faults.Tests;

/// <summary>
/// A server under load that a test breaks: one server after another on the same data, the same publishers and chains all the time, and everything that they see in
/// one history. At the end the history is checked.
/// </summary>
internal sealed class TortureRun : IAsyncDisposable
{
    private readonly TortureOptions _options;
    private readonly ServerGate _gate = new();
    private readonly List<string> _alarms = [];
    private LoadRun? _load;
    private HostProcess? _host;

    private TortureRun(TortureOptions options)
    {
        _options = options;
        Random = new Random(options.Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"{options.Name}: seed {options.Seed}");
    }

    /// <summary>What the test breaks at random comes from here, and so from the seed.</summary>
    public Random Random { get; }

    /// <summary>The history so far.</summary>
    public Recorder Recorder { get; } = new();

    /// <summary>The load.</summary>
    public LoadRun Load => _load ?? throw new InvalidOperationException("The load has not been started.");

    /// <summary>The server that runs, or ran last.</summary>
    public HostProcess Host => _host ?? throw new InvalidOperationException("No server has been started.");

    /// <summary>Starts a server and, when it is ready, the load.</summary>
    public static async Task<TortureRun> StartAsync(TortureOptions options)
    {
        var run = new TortureRun(options);
        try
        {
            await run.StartServerAsync();
            run._load = LoadRun.Start(options.Load, run.Random.Next(), run._gate, run.Recorder);
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }

        return run;
    }

    /// <summary>Starts the next server on the same data, waits until it is ready and shows it to everybody. Returns its address.</summary>
    public async Task<Uri> StartServerAsync()
    {
        await BeginServerAsync();
        Uri address = await Host.ReadyAsync();
        Note($"ready at {address}");
        _gate.Open(address);
        return address;
    }

    /// <summary>Starts the next server on the same data and does not wait until it is ready, nor show it to anybody.</summary>
    public async Task BeginServerAsync()
    {
        await ForgetServerAsync();
        _host = HostProcess.Start(_options.Host);
        Note($"started as process {_host.Id}");
    }

    /// <summary>Waits some time of the run's own: at random, at least <paramref name="shortest"/> and less than <paramref name="longest"/>.</summary>
    public Task WaitAsync(TimeSpan shortest, TimeSpan longest) =>
        Task.Delay(shortest + ((longest - shortest) * Random.NextDouble()), TimeProvider.System);

    /// <summary>Ends the server between two instructions.</summary>
    public async Task KillAsync()
    {
        Note("SIGKILL");
        await Host.KillAsync();
        _gate.Close();
        if (_options.Host.DataDirectory is null)
        {
            // Only when everybody has read what was still on its way, it is clear what belongs to the log that is gone.
            if (_load is { } load)
            {
                await load.AllWaitAsync();
            }

            Recorder.Add(new LogLost());
        }
    }

    /// <summary>Asks the server to stop, waits for its end, and returns its exit code.</summary>
    public async Task<int> StopServerAsync()
    {
        Note("SIGTERM");
        Host.Send(Signal.Terminate);
        int code = await Host.ExitedAsync();
        _gate.Close();
        Note($"exit code {code}");
        return code;
    }

    /// <summary>Writes down what is done to the server.</summary>
    public void Note(string text) => Recorder.Add(new Note(text));

    /// <summary>Ends the load, gives every chain the time to receive the rest, and checks the history.</summary>
    public async Task<CheckReport> CheckAsync()
    {
        await Load.DrainAsync();
        return HistoryChecker.Check(Recorder.Snapshot());
    }

    /// <summary>As <see cref="CheckAsync"/>, and fails the test if anything is wrong: in the history, or by an error in the server's own log.</summary>
    public async Task<CheckReport> PassAsync()
    {
        CheckReport report = await CheckAsync();
        _alarms.AddRange(Host.Alarms());
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        if (report.Faults.Count > 0 || _alarms.Count > 0)
        {
            string path = Recorder.Save($"{_options.Name}-{_options.Seed}");
            Assert.Fail($"Seed {_options.Seed}; the history is in {path}\n{report}\nErrors in the servers' logs:\n{string.Join('\n', _alarms.Take(20))}");
        }

        // A history in which nothing happened would be a good one, too.
        Assert.True(report.Acknowledged > _options.Load.Topics, $"Only {report.Acknowledged} publishes were acknowledged.");
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        if (_load is { } load)
        {
            _gate.Close();
            await load.DisposeAsync();
        }

        await ForgetServerAsync();
    }

    private async Task ForgetServerAsync()
    {
        if (_host is { } host)
        {
            _alarms.AddRange(host.Alarms());
            await host.DisposeAsync();
            _host = null;
        }
    }
}
