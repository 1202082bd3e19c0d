using Tidings.Faults.Tests.Recording;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Load;

/// <summary>All publishers and chains of one run. They go on whatever happens to the server, and find the next one by the gate.</summary>
internal sealed class LoadRun : IAsyncDisposable
{
    // No test waits for it: whoever has not received the last event by then never will.
    private static readonly TimeSpan DrainPatience = Hang.Limit;

    // Longer than any server takes; one that stands still answers when it goes on.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly LoadOptions _options;
    private readonly ServerGate _chainGate;
    private readonly ServerGate _publisherGate;
    private readonly Recorder _recorder;
    private readonly HttpClient _client;
    private readonly CancellationTokenSource _publishersStop = new();
    private readonly CancellationTokenSource _chainsStop = new();
    private readonly List<Chain> _chains = [];
    private readonly List<Publisher> _publishers = [];
    private readonly List<Task> _listening = [];
    private readonly List<Task> _publishing = [];

    private LoadRun(LoadOptions options, ServerGate chainGate, ServerGate publisherGate, Recorder recorder, HttpClient client)
    {
        _client = client;
        _client.Timeout = AnswerPatience;
        _options = options;
        _chainGate = chainGate;
        _publisherGate = publisherGate;
        _recorder = recorder;
    }

    /// <summary>Starts the chains, then the publishers. All use <paramref name="client"/>, which is the run's own from then on; null for one of plain HTTP/1.1.</summary>
    public static LoadRun Start(LoadOptions options, int seed, ServerGate chainGate, ServerGate publisherGate, Recorder recorder, HttpClient? client = null)
    {
        var run = new LoadRun(options, chainGate, publisherGate, recorder, client ?? new HttpClient(new SocketsHttpHandler { UseProxy = false }));
        var random = new Random(seed);
        run.AddChains(random);
        for (int i = 0; i < options.Publishers; i++)
        {
            run._publishers.Add(new Publisher($"p{i}", options, random.Next(), publisherGate, run._client, recorder));
        }

        run._listening.AddRange(run._chains.Select(chain => Task.Run(() => chain.RunAsync(run._chainsStop.Token))));
        run._publishing.AddRange(run._publishers.Select(publisher => Task.Run(() => publisher.RunAsync(run._publishersStop.Token))));
        return run;
    }

    /// <summary>The chains.</summary>
    public IReadOnlyList<Chain> Chains => _chains;

    /// <summary>Waits until every client has noticed that the server is gone.</summary>
    public async Task AllWaitAsync()
    {
        await ChainsWaitAsync();
        while (_publisherGate.Waiting < _publishing.Count(task => !task.IsCompleted))
        {
            await Task.Delay(Look, TimeProvider.System);
        }
    }

    /// <summary>Waits until every chain has received an event that was sent after <see cref="ForgetReceived"/>, and so is connected if it stays.</summary>
    /// <exception cref="TimeoutException">Some never will; the message says which.</exception>
    public async Task AllReceiveAsync()
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (_chains.Exists(chain => !chain.HasReceived))
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Hang.Limit)
            {
                throw new TimeoutException($"For {Hang.Limit} nothing came on {string.Join("; ", _chains.Where(chain => !chain.HasReceived).Select(chain => chain.Describe()))}.");
            }

            await Task.Delay(Look, TimeProvider.System);
        }
    }

    /// <summary>Forgets what was sent until now: <see cref="AllReceiveAsync"/> waits for what is sent from here on.</summary>
    public void ForgetReceived() => _chains.ForEach(chain => chain.ForgetReceived());

    /// <summary>Waits until every chain waits for a server.</summary>
    public async Task ChainsWaitAsync()
    {
        while (_chainGate.Waiting < _chains.Count)
        {
            await Task.Delay(Look, TimeProvider.System);
        }
    }

    /// <summary>Publishes nothing any more, and returns when every answer is there.</summary>
    public async Task StopPublishingAsync()
    {
        await _publishersStop.CancelAsync();
        await Task.WhenAll(_publishing);
    }

    /// <summary>From now on the chains stay until the server ends their streams.</summary>
    public void BeSteady() => _chains.ForEach(chain => chain.BeSteady());

    /// <summary>Says that every chain has received whatever it will receive, and stops them. For a server that has promised to send everything before its end.</summary>
    public async Task EndAsync()
    {
        await StopPublishingAsync();
        _chains.ForEach(chain => _recorder.Add(new Drained(chain.Name)));
        await StopListeningAsync();
    }

    /// <summary>Publishes a last event on every topic, waits until all chains have it, and stops them.</summary>
    public async Task DrainAsync()
    {
        await StopPublishingAsync();
        BeSteady();
        var ends = new Dictionary<string, string>(StringComparer.Ordinal);
        using var patience = new CancellationTokenSource(DrainPatience);
        for (int i = 0; i < _options.Topics; i++)
        {
            string topic = LoadOptions.TopicName(i);
            ends.Add(topic, await _publishers[0].PublishEndAsync(topic, patience.Token));
        }

        Task all = Task.WhenAll(_chains.Select(chain => chain.EndedAsync(ends)));
        await Task.WhenAny(all, Task.Delay(DrainPatience, TimeProvider.System));
        _chains.ForEach(chain => _recorder.Add(new Drained(chain.Name)));
        await StopListeningAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _publishersStop.CancelAsync();
        _client.CancelPendingRequests();
        await StopListeningAsync();
        await Task.WhenAll(_publishing);
        _client.Dispose();
        _publishersStop.Dispose();
        _chainsStop.Dispose();
    }

    private async Task StopListeningAsync()
    {
        await _chainsStop.CancelAsync();
        await Task.WhenAll(_listening);
    }

    private void AddChains(Random random)
    {
        for (int i = 0; i < _options.ExactChains; i++)
        {
            Add($"exact{i}", [LoadOptions.TopicName(i % _options.Topics)], seesPrivate: false, random);
        }

        for (int i = 0; i < _options.WildcardChains; i++)
        {
            Add($"wildcard{i}", topics: null, seesPrivate: false, random);
        }

        for (int i = 0; i < _options.PrivateChains; i++)
        {
            Add($"private{i}", i % 2 == 0 ? null : [LoadOptions.TopicName(i % _options.Topics)], seesPrivate: true, random);
        }

        for (int i = 0; i < _options.TwoTopicChains; i++)
        {
            Add($"two{i}", [LoadOptions.TopicName(i % _options.Topics), LoadOptions.TopicName((i + 7) % _options.Topics)], seesPrivate: false, random);
        }
    }

    private void Add(string name, IReadOnlyList<string>? topics, bool seesPrivate, Random random) =>
        _chains.Add(new Chain(name, topics, seesPrivate, _options, random.Next(), _chainGate, _client, _recorder));
}
