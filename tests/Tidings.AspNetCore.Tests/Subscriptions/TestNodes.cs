using System.Text.Json;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Subscriptions;

/// <summary>Several hubs on one log and one store, each with a clock of its own: a node whose clock stands still has died or is paused.</summary>
internal sealed class TestNodes : IAsyncDisposable
{
    private const int MostTurns = 1000;
    private const int TurnsAtRest = 30;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private readonly InMemoryEventLog _log = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly List<TestSubscriptions> _nodes = [];
    private readonly HashSet<TestSubscriptions> _paused = [];
    private int _timersAtRest; // How many a node has, any of them, while its loops wait and nothing is to be told.

    public TestNodes() => Store = new MemoryNodeEntries(_clock);

    public MemoryNodeEntries Store { get; }

    public IEventLog Log => _log;

    /// <summary>How much time has passed for the store.</summary>
    public TimeSpan Elapsed { get; private set; }

    public async Task<TestSubscriptions> StartAsync(Action<SubscriptionsOptions>? options = null, HookedLog? log = null)
    {
        TestSubscriptions node = await TestSubscriptions.StartAsync(new TestSubscriptions { SpeaksLegacy = false }, options, log ?? NewLog(), Store);
        node.App.Broker.LiveOnly.Add(TestSubscriptions.Path);
        _nodes.Add(node);

        // No clock moves: what begins with the node has begun when nothing changes any more. The most counts that any node has shown, should a busy machine have kept one waiting.
        int seen = 0;
        for (int turns = 0; turns < TurnsAtRest; turns++)
        {
            await TurnAsync();
            int timers = TimersBut(node);
            turns = timers == seen ? turns : 0;
            seen = timers;
        }

        _timersAtRest = Math.Max(_timersAtRest, seen);
        await PassAsync();
        return node;
    }

    /// <summary>The log as one node sees it.</summary>
    public HookedLog NewLog() => new(_log);

    public void Pause(TestSubscriptions node) => _paused.Add(node);

    public void Resume(TestSubscriptions node) => _paused.Remove(node);

    /// <summary>Lets one window pass.</summary>
    public async Task PassAsync()
    {
        _clock.Advance(TestSubscriptions.Window);
        Elapsed += TestSubscriptions.Window;
        foreach (TestSubscriptions node in _nodes.Where(node => !_paused.Contains(node)))
        {
            node.App.Time.Advance(TestSubscriptions.Window);

            // What the clock has woken waits for it again when it has done its work. On a machine that is busy with other things that takes a while, and the clocks must not run ahead.
            int turns = 0;
            do
            {
                await TurnAsync();
            }
            while ((TimersBut(node) < _timersAtRest || node.App.Broker.Dispatched < await LastAsync()) && ++turns < MostTurns);
        }

        // What was told is heard, by whomever and through whichever node, before anybody is asked what he has heard or more time passes.
        for (int turns = 0; turns < MostTurns && await IsSomebodyBehindAsync(); turns++)
        {
            await TurnAsync();
        }
    }

    public async Task PassAsync(TimeSpan time)
    {
        for (TimeSpan end = Elapsed + time; Elapsed < end;)
        {
            await PassAsync();
        }
    }

    public Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    public async Task UntilAsync(Func<Task<bool>> condition)
    {
        TimeSpan end = Elapsed + LongestWait;
        while (!await condition())
        {
            Assert.True(Elapsed < end, $"Nothing came of it in {LongestWait} of the store's time.");
            await PassAsync();
        }
    }

    public async Task<long> LastAsync() => (await _log.GetPositionAsync(TestApp.Cancellation)).Last;

    public async ValueTask DisposeAsync()
    {
        foreach (TestSubscriptions node in _nodes)
        {
            await node.DisposeAsync();
        }

        await _log.DisposeAsync();
    }

    /// <summary>All that a node lists, in its order, as matchers.</summary>
    public static async Task<string[]> MatchesAsync(TestSubscriptions node) => [.. (await ListAsync(node)).Select(one => one.GetProperty("match").GetString()!)];

    /// <summary>All that is listed, in its order; each page is asked of the next of <paramref name="nodes"/>.</summary>
    public static async Task<List<JsonElement>> ListAsync(params TestSubscriptions[] nodes)
    {
        var all = new List<JsonElement>();
        int asked = 0;
        for (string? next = TestSubscriptions.Path; next is not null;)
        {
            using HttpResponseMessage response = await nodes[asked++ % nodes.Length].GetAsync(next);
            Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
            JsonElement list = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestApp.Cancellation));
            all.AddRange(list.GetProperty("subscriptions").EnumerateArray());
            next = TestSubscriptions.Next(response);
        }

        return all;
    }

    private async Task<bool> IsSomebodyBehindAsync()
    {
        long last = await LastAsync();
        return _nodes.Any(node => !_paused.Contains(node) && (node.App.Broker.Dispatched < last || node.Listeners.Exists(listener => listener.HeardThrough < last)));
    }

    // But that of the loop that tells what has changed: while it waits for changes it has none.
    private static int TimersBut(TestSubscriptions node) => node.App.Time.TimerCount - (node.Registry.IsAllTold ? 0 : 1);

    private static Task TurnAsync() => Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestApp.Cancellation);
}

/// <summary>Somebody who listens to a node, and what was heard.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly TestSubscriptions _node;
    private readonly Subscriber _subscriber;
    private readonly Lock _gate = new();
    private readonly List<DecodedEvent> _heard = []; // Guarded by _gate.
    private readonly Task _listening;
    private long _heardThrough;

    private Listener(TestSubscriptions node, Subscriber subscriber)
    {
        _node = node;
        _subscriber = subscriber;
        _heardThrough = subscriber.HandedOutThrough;
        node.Listeners.Add(this);
        _listening = Task.Run(ListenAsync);
    }

    public Gap? StartGap => _subscriber.StartGap;

    /// <summary>Everything up to here has been heard.</summary>
    public long HeardThrough => Volatile.Read(ref _heardThrough);

    public DecodedEvent[] Heard
    {
        get
        {
            lock (_gate)
            {
                return [.. _heard];
            }
        }
    }

    /// <summary>How many gaps were heard.</summary>
    public int Gaps => Heard.Count(told => told.Type == Gap.EventTypeName);

    public static async Task<Listener> OnAsync(TestSubscriptions node, StartAt startAt = default) => new(node, await node.ListenAsync(startAt));

    /// <summary>What was told of the subscriptions to one matcher, in order.</summary>
    public bool[] Told(string match) => [.. Subscriptions().Where(told => told.GetProperty("match").GetString() == match).Select(told => told.GetProperty("active").GetBoolean())];

    /// <summary>Which of <paramref name="ids"/> are active, after all that was told.</summary>
    public HashSet<string> ActiveAfter(IEnumerable<string> ids)
    {
        var active = new HashSet<string>(ids, StringComparer.Ordinal);
        foreach (JsonElement told in Subscriptions())
        {
            string id = told.GetProperty("id").GetString()!;
            _ = told.GetProperty("active").GetBoolean() ? active.Add(id) : active.Remove(id);
        }

        return active;
    }

    public async ValueTask DisposeAsync()
    {
        _node.Listeners.Remove(this);
        await _subscriber.DisposeAsync();
        await _listening;
    }

    private IEnumerable<JsonElement> Subscriptions() => Heard
        .Where(told => told.Type == "mercure")
        .Select(told => JsonSerializer.Deserialize<JsonElement>(told.Data))
        .Where(told => told.GetProperty("type").GetString() == "subscription");

    private async Task ListenAsync()
    {
        while (await _subscriber.WaitToReadAsync())
        {
            while (_subscriber.TryRead(out ReadOnlyMemory<byte> frame))
            {
                lock (_gate)
                {
                    _heard.AddRange(FrameDecoder.Decode(frame.ToArray()));
                }
            }

            Volatile.Write(ref _heardThrough, _subscriber.HandedOutThrough);
        }
    }
}
