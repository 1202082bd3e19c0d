using System.Net.Sockets;
using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Faults.Tests.Recording;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Cluster;

/// <summary>
/// Several nodes on one database under load, which a test breaks: publishers and chains go to any of them, at random, again and again, and everything that they see is one history. At the end the
/// history is checked.
/// </summary>
internal sealed class ClusterRun : IAsyncDisposable
{
    // A machine whose two cores are shared by everything takes its time; one that has not become ready by then never will.
    private static readonly TimeSpan ReadyPatience = Hang.Limit;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly ClusterOptions _options;
    private readonly ServerGate _chainGate;
    private readonly ServerGate _publisherGate;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly HostProcess?[] _nodes;
    private readonly Uri?[] _addresses;
    private readonly List<string> _crashes = [];
    private readonly Lock _showing = new();
    private ClusterProxy? _proxy; // null if clients go straight to the nodes
    private LoadRun? _load;

    private ClusterRun(ClusterOptions options)
    {
        _options = options;
        _nodes = new HostProcess?[options.Nodes];
        _addresses = new Uri?[options.Nodes];
        Random = new Random(options.Seed);
        _chainGate = new ServerGate(Random.Next());
        _publisherGate = new ServerGate(Random.Next());
        TestContext.Current.TestOutputHelper?.WriteLine($"{options.Name}: seed {options.Seed}");
    }

    /// <summary>What the test breaks at random comes from here, and so from the seed.</summary>
    public Random Random { get; }

    /// <summary>The history so far.</summary>
    public Recorder Recorder { get; } = new();

    /// <summary>The load.</summary>
    public LoadRun Load => _load ?? throw new InvalidOperationException("The load has not been started.");

    /// <summary>Starts the nodes, and when all are ready, the load.</summary>
    public static async Task<ClusterRun> StartAsync(ClusterOptions options)
    {
        var run = new ClusterRun(options);
        try
        {
            run._proxy = options.Route == Route.Nginx ? await ClusterProxy.StartAsync(options.ProxyPatience) : null;

            // The first one makes the tables; the others start side by side.
            await run.StartNodeAsync(0);
            await Task.WhenAll(Enumerable.Range(1, options.Nodes - 1).Select(run.StartNodeAsync));
            run.ShowAll();
            if (options.RetainedEvents is { } retained)
            {
                run.Recorder.Add(new LogRetains(retained));
            }

            run._load = LoadRun.Start(options.Load, run.Random.Next(), run._chainGate, run._publisherGate, run.Recorder, run._proxy?.NewClient());
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }

        return run;
    }

    /// <summary>The hub of a node that runs.</summary>
    public Uri Address(int node) => _addresses[node] ?? throw new InvalidOperationException($"Node {node} does not run.");

    /// <summary>A node that runs.</summary>
    public HostProcess Node(int node) => _nodes[node] ?? throw new InvalidOperationException($"Node {node} does not run.");

    /// <summary>Starts a node and waits until it is ready. Clients do not see it yet.</summary>
    public async Task StartNodeAsync(int node)
    {
        _addresses[node] = await Begin(node).ReadyAsync();
        Note($"node {node} is ready at {_addresses[node]}");
    }

    /// <summary>Starts a node that ends itself at <paramref name="point"/>, as by kill -9; clients see it as soon as it is ready, if it comes so far. Returns when it is gone.</summary>
    public async Task LiveAndDieAsync(int node, string point)
    {
        if (await Begin(node).ReadyOrEndedAsync() is { } address)
        {
            _addresses[node] = address;
            ShowAll();
        }

        await DiesAsync(node, point);
        ShowAll();
    }

    /// <summary>Waits for a node that ends itself at <paramref name="point"/>, as by kill -9. Clients see it until they are told otherwise.</summary>
    public async Task DiesAsync(int node, string point)
    {
        int? code = null;
        try
        {
            code = await Node(node).ExitedAsync();
        }
        catch (TimeoutException)
        {
            // Told below.
        }

        Assert.True(code == HostProcess.KilledCode, $"Node {node} was not killed at the point \"{point}\" ({(code is null ? "it runs" : $"it ended with {code}")}):\n{Node(node).Log}");
        Note($"node {node} was killed at {point}");
        await ForgetAsync(node);
    }

    /// <summary>Ends a node between two instructions. Clients see it until they are told otherwise.</summary>
    public async Task KillNodeAsync(int node)
    {
        Note($"SIGKILL to node {node}");
        await Node(node).KillAsync();
        await ForgetAsync(node);
    }

    /// <summary>Asks a node to stop, waits for its end, and returns its exit code. Clients see it until they are told otherwise.</summary>
    public async Task<int> StopNodeAsync(int node)
    {
        Note($"SIGTERM to node {node}");
        Node(node).Send(Signal.Terminate);
        int code = await Node(node).ExitedAsync();
        await ForgetAsync(node);
        return code;
    }

    /// <summary>Lets a node stand still.</summary>
    public void PauseNode(int node)
    {
        Note($"SIGSTOP to node {node}");
        Node(node).Send(Signal.Stop);
    }

    /// <summary>Lets it go on.</summary>
    public void ResumeNode(int node)
    {
        Note($"SIGCONT to node {node}");
        Node(node).Send(Signal.Continue);
    }

    /// <summary>A stream that stays: of this node, or of the one that the proxy chooses.</summary>
    public Task<OpenStream> OpenStreamAsync(int node) => _proxy is null ? OpenStream.OpenAsync(new HttpClient(), Address(node)) : OpenStream.OpenAsync(_proxy.NewClient(), _proxy.Hub);

    /// <summary>Clients go to all nodes that run, or wait for one.</summary>
    public void ShowAll()
    {
        // Nodes come and go side by side, and whoever shows them last shows them as they are.
        lock (_showing)
        {
            Uri[] running = _proxy is null ? [.. _addresses.OfType<Uri>()] : [_proxy.Hub];
            if (running.Length == 0)
            {
                _chainGate.Close();
                _publisherGate.Close();
                return;
            }

            _chainGate.Open(running);
            _publisherGate.Open(running);
        }
    }

    /// <summary>Chains go to these nodes from their next connection on.</summary>
    public void ShowToChains(params int[] nodes) => _chainGate.Open([.. nodes.Select(Address)]);

    /// <summary>Publishers go to these nodes from now on.</summary>
    public void ShowToPublishers(params int[] nodes) => _publisherGate.Open([.. nodes.Select(Address)]);

    /// <summary>Lets the chains go away at their own pace and keeps them from coming back; publishing goes on. Returns when all are away.</summary>
    public Task HoldChainsAsync()
    {
        _chainGate.Close();
        return Load.ChainsWaitAsync();
    }

    /// <summary>Waits until every node says that it is ready, and returns how long that took.</summary>
    public async Task<TimeSpan> AllReadyAsync()
    {
        long begun = TimeProvider.System.GetTimestamp();
        foreach (Uri address in _addresses.OfType<Uri>())
        {
            while (!await IsReadyAsync(address))
            {
                Assert.True(TimeProvider.System.GetElapsedTime(begun) < ReadyPatience, $"The hub at {address} is not ready after {ReadyPatience}.");
                await Task.Delay(Look, TimeProvider.System);
            }
        }

        TimeSpan took = TimeProvider.System.GetElapsedTime(begun);
        Note($"all nodes are ready after {took}");
        return took;
    }

    /// <summary>Whether a hub says that it is ready.</summary>
    public async Task<bool> IsReadyAsync(Uri hub)
    {
        try
        {
            using HttpResponseMessage answer = await _client.GetAsync(new Uri(hub, "/healthz/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Waits some time of the run's own: at random, at least <paramref name="shortest"/> and less than <paramref name="longest"/>.</summary>
    public Task WaitAsync(TimeSpan shortest, TimeSpan longest) => Task.Delay(shortest + ((longest - shortest) * Random.NextDouble()), TimeProvider.System);

    /// <summary>Waits until so many publishes more than now are acknowledged.</summary>
    public async Task AcknowledgedAsync(int more)
    {
        int target = Acknowledged() + more;
        while (Acknowledged() < target)
        {
            await Task.Delay(Look, TimeProvider.System);
        }
    }

    /// <summary>Waits until nothing comes any more, while nothing can be stored: what the nodes had said is written down then, however late it was read.</summary>
    public async Task QuietAsync()
    {
        const int Looks = 100; // any node may stand still for seconds
        int heard = -1;
        for (int looks = 0; looks < Looks; looks++)
        {
            await Task.Delay(Look, TimeProvider.System);
            int now = Recorder.Snapshot().Count(entry => entry is Received or PublishAcknowledged);
            looks = now == heard ? looks : 0;
            heard = now;
        }
    }

    /// <summary>
    /// Waits until everybody receives what is published now. A last event that is published before a gap is told would be among what is missing, and waited for in vain.
    /// </summary>
    public async Task GoOnAsync()
    {
        await AcknowledgedAsync(60);
        Load.ForgetReceived();
        await Load.AllReceiveAsync();
    }

    /// <summary>Writes down what is done to the nodes.</summary>
    public void Note(string text) => Recorder.Add(new Note(text));

    /// <summary>Ends the load, gives every chain the time to receive the rest, and checks the history.</summary>
    public async Task<CheckReport> CheckAsync()
    {
        await Load.DrainAsync();
        return HistoryChecker.Check(Recorder.Snapshot());
    }

    /// <summary>As <see cref="CheckAsync"/>, and fails the test if anything is wrong: in the history, or by an exception in a node that nobody handled.</summary>
    public async Task<CheckReport> PassAsync()
    {
        CheckReport report = await CheckAsync();
        for (int node = 0; node < _nodes.Length; node++)
        {
            NoteCrashes(node);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        if (report.Faults.Count > 0 || _crashes.Count > 0)
        {
            string path = Recorder.Save($"{_options.Name}-{_options.Seed}");
            Assert.Fail($"Seed {_options.Seed}; the history is in {path}\n{report}\nCrashes:\n{string.Join('\n', _crashes.Take(5))}");
        }

        // A history in which nothing happened would be a good one, too.
        Assert.True(report.Acknowledged > _options.Load.Topics, $"Only {report.Acknowledged} publishes were acknowledged.");
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        // One that stands still would neither answer nor end its streams.
        await Task.WhenAll(Enumerable.Range(0, _nodes.Length).Select(ForgetAsync));
        if (_load is { } load)
        {
            _chainGate.Close();
            _publisherGate.Close();
            await load.DisposeAsync();
        }

        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        _client.Dispose();
    }

    private int Acknowledged() => Recorder.Snapshot().Count(entry => entry is PublishAcknowledged);

    private HostProcess Begin(int node)
    {
        HostOptions options = _options.Adapt(node, _options.Host);
        if (_proxy is not null)
        {
            options = options with { Environment = new Dictionary<string, string>(options.Environment) { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{_proxy.NodePorts[node]}" } };
        }

        return _nodes[node] = HostProcess.Start(options);
    }

    // What a node tells as an error while its database is away is no fault; an exception that nobody expected is.
    private void NoteCrashes(int node)
    {
        if (_nodes[node] is { } host)
        {
            _crashes.AddRange(host.Log.Split('\n').Where(static line => line.Contains("Unhandled exception", StringComparison.OrdinalIgnoreCase) || line.Contains("crit: ", StringComparison.Ordinal)));
        }
    }

    private async Task ForgetAsync(int node)
    {
        NoteCrashes(node);
        if (_nodes[node] is { } host)
        {
            _nodes[node] = null;
            _addresses[node] = null;
            await host.DisposeAsync();
        }
    }
}
