using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Faults.Tests.Recording;
using Tidings.Testing;

namespace Tidings.Faults.Tests;

/// <summary>
/// A server under load that a test breaks: one server after another on the same data, the same publishers and chains all the time, and everything that they see in
/// one history. At the end the history is checked.
/// </summary>
internal sealed class TortureRun : IAsyncDisposable
{
    // No test waits for it: what has not come by then never will.
    private static readonly TimeSpan OwedPatience = Hang.Limit;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly TortureOptions _options;
    private readonly ServerGate _chainGate = new();
    private readonly ServerGate _publisherGate = new();
    private readonly List<string> _alarms = [];
    private readonly List<TimeSpan> _starts = [];
    private LoadRun? _load;
    private HostProcess? _host;
    private bool _areChainsHeld;

    private TortureRun(TortureOptions options)
    {
        _options = options;
        HostOptions = options.Host;
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

    /// <summary>The hub of the server that is ready, or was ready last.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>How the next server is started. A test may change it between two of them.</summary>
    public HostOptions HostOptions { get; set; }

    /// <summary>Starts a server and, when it is ready, the load.</summary>
    public static async Task<TortureRun> StartAsync(TortureOptions options)
    {
        var run = new TortureRun(options);
        try
        {
            await run.StartServerAsync();
            if (options.RetainedEvents is { } retained)
            {
                run.Recorder.Add(new LogRetains(retained));
            }

            run._load = LoadRun.Start(options.Load, run.Random.Next(), run._chainGate, run._publisherGate, run.Recorder);
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }

        return run;
    }

    /// <summary>How long each server took from the start of its process until it was ready, in order of length.</summary>
    public IReadOnlyList<TimeSpan> Starts => [.. _starts.Order()];

    /// <summary>Starts the next server on the same data, waits until it is ready and shows it to everybody.</summary>
    public async Task StartServerAsync()
    {
        long began = TimeProvider.System.GetTimestamp();
        await BeginServerAsync();
        Show(await Host.ReadyAsync());
        _starts.Add(TimeProvider.System.GetElapsedTime(began));
    }

    /// <summary>Starts the next server, which ends itself at some point, on the same data, and shows it to everybody when it is ready, if it comes so far.</summary>
    public async Task StartDoomedServerAsync()
    {
        await BeginServerAsync();
        if (await Host.ReadyOrEndedAsync() is { } address)
        {
            Show(address);
        }
    }

    /// <summary>Starts the next server on the same data and does not wait until it is ready, nor show it to anybody.</summary>
    public async Task BeginServerAsync()
    {
        await ForgetServerAsync();
        _host = HostProcess.Start(HostOptions);
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
        CloseGates();
        if (HostOptions.DataDirectory is null)
        {
            // Only when everybody has read what was still on its way, it is clear what belongs to the log that is gone.
            if (_load is { } load)
            {
                await load.AllWaitAsync();
            }

            Recorder.Add(new LogLost());
        }
    }

    /// <summary>Ends a server that was not shown to anybody, ready or not.</summary>
    public async Task KillUnseenAsync()
    {
        Note("SIGKILL before anybody has seen it");
        await Host.KillAsync();
    }

    /// <summary>Waits for a server that ends itself at <paramref name="point"/>, as by kill -9.</summary>
    public async Task DiesAsync(string point)
    {
        int code;
        try
        {
            code = await Host.ExitedAsync();
        }
        catch (TimeoutException missed)
        {
            throw new InvalidOperationException($"The server never came to the point \"{point}\", or got past it. Its log:\n{Host.Log}", missed);
        }

        CloseGates();
        Note($"killed at {point}");
        Assert.True(code == HostProcess.KilledCode, $"The server ended with {code} instead of being killed at the point \"{point}\". Its log:\n{Host.Log}");
    }

    /// <summary>Waits for a server that ends by itself, and returns its exit code.</summary>
    public async Task<int> EndsAsync()
    {
        int code = await Host.ExitedAsync();
        CloseGates();
        Note($"exit code {code}");
        return code;
    }

    /// <summary>Asks the server to stop, waits for its end, and returns its exit code.</summary>
    public async Task<int> StopServerAsync()
    {
        Note("SIGTERM");
        Host.Send(Signal.Terminate);
        return await EndsAsync();
    }

    /// <summary>Lets the chains go away at their own pace and keeps them from coming back; publishing goes on. Returns when all are away.</summary>
    public Task HoldChainsAsync()
    {
        _areChainsHeld = true;
        _chainGate.Close();
        return Load.ChainsWaitAsync();
    }

    /// <summary>Lets the chains come back, all at once.</summary>
    public void ReleaseChains()
    {
        _areChainsHeld = false;
        _chainGate.Open(Address);
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
    public async Task<CheckReport> PassAsync() => Pass(await CheckAsync());

    /// <summary>
    /// As <see cref="PassAsync"/>, but publishes nothing more: waits until the chains have all that is owed to them. For a server that nobody has published to yet, and
    /// for one that has promised to send everything before its end.
    /// </summary>
    public async Task<CheckReport> PassWithoutPublishingAsync() => Pass(await CheckWithoutPublishingAsync());

    /// <summary>As <see cref="CheckAsync"/>, but publishes nothing more: waits until the chains have all that is owed to them, as long as that may still come.</summary>
    public async Task<CheckReport> CheckWithoutPublishingAsync()
    {
        await Load.StopPublishingAsync();
        Load.BeSteady();
        long began = TimeProvider.System.GetTimestamp();
        while (CheckAsDrained().Faults.Count > 0 && TimeProvider.System.GetElapsedTime(began) < OwedPatience)
        {
            await Task.Delay(Look, TimeProvider.System);
        }

        await Load.EndAsync();
        return HistoryChecker.Check(Recorder.Snapshot());
    }

    /// <summary>Waits until so many publishes more than now are acknowledged.</summary>
    public async Task AcknowledgedAsync(int more)
    {
        int target = Acknowledged() + more;
        while (Acknowledged() < target)
        {
            await Task.Delay(Look, TimeProvider.System);
        }
    }

    /// <summary>How many publishes were acknowledged.</summary>
    public int Acknowledged() => Recorder.Snapshot().Count(entry => entry is PublishAcknowledged);

    public async ValueTask DisposeAsync()
    {
        if (_load is { } load)
        {
            CloseGates();
            await load.DisposeAsync();
        }

        await ForgetServerAsync();
    }

    private void Show(Uri address)
    {
        Address = address;
        Note($"ready at {address}");
        _publisherGate.Open(address);
        if (!_areChainsHeld)
        {
            _chainGate.Open(address);
        }
    }

    private CheckReport CheckAsDrained() =>
        HistoryChecker.Check([.. Recorder.Snapshot(), .. Load.Chains.Select(chain => new Drained(chain.Name))]);

    private CheckReport Pass(CheckReport report)
    {
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

    private void CloseGates()
    {
        _chainGate.Close();
        _publisherGate.Close();
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
