using System.Net.Sockets;
using System.Text.Json;
using Tidings.Faults.Tests.Recording;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Load;

/// <summary>
/// One logical client: it hangs up and comes back at random with the id of the last event that it has, as a browser does, and writes down everything. It begins with
/// all that the log holds, so that it has a place in the log from the start.
/// </summary>
internal sealed class Chain(string name, IReadOnlyList<string>? topics, bool seesPrivate, LoadOptions load, int seed, ServerGate gate, HttpClient client, Recorder recorder)
{
    private const string Earliest = "earliest";
    private const string GapType = "tidings-gap";

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(20);

    // Whoever is refused is told to come back in up to half a minute; a test does not take so long.
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();
    private readonly HashSet<string> _ends = new(StringComparer.Ordinal); // Guarded by _gate.
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyCollection<string>? _awaitedEnds; // Guarded by _gate.
    private volatile string _cursor = Earliest;
    private TimeSpan _retry;
    private volatile bool _isConnected;
    private volatile bool _isSteady;
    private volatile int _newestSentAt = -1;
    private volatile int _sentUntil = -1;

    public string Name => name;

    /// <summary>Waits until the last events of the topics that the chain asks for have come.</summary>
    /// <param name="endsByTopic">The key of the last event of every topic.</param>
    public Task EndedAsync(IReadOnlyDictionary<string, string> endsByTopic)
    {
        lock (_gate)
        {
            _awaitedEnds = [.. (topics ?? [.. endsByTopic.Keys]).Select(topic => endsByTopic[topic])];
            CheckEndsLocked();
        }

        return _ended.Task;
    }

    /// <summary>
    /// When a server first ended a stream of the chain in order (<see cref="TimeProvider.GetTimestamp"/>), and how long it told the chain to stay away; null if none has.
    /// </summary>
    public StreamEnd? FirstEnd { get; private set; }

    /// <summary>Whether the chain has received an event, and one that was sent after <see cref="ForgetReceived"/>.</summary>
    public bool HasReceived => _newestSentAt > _sentUntil;

    /// <summary>Forgets what the chain has received, and whatever was sent until now: that may still be on its way, or come again.</summary>
    public void ForgetReceived() => _sentUntil = recorder.Count - 1;

    /// <summary>What the chain is and where it stands, for whoever asks why nothing comes.</summary>
    public string Describe() => $"{name} ({(topics is null ? "every topic" : string.Join(", ", topics))}), {(_isConnected ? "connected" : "not connected")} with the cursor {_cursor}";

    /// <summary>From the next connection on, stay until the server ends the stream.</summary>
    public void BeSteady() => _isSteady = true;

    /// <summary>Runs until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        recorder.Add(new ChainOpened(name, topics, seesPrivate));
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                Uri hub = await gate.AddressAsync(stopping);
                recorder.Add(new Connected(name, _cursor));
                string why = await ListenAsync(hub, stopping);
                recorder.Add(new Disconnected(name, why));
                await PauseAsync(_retry < LongestPause ? _retry : LongestPause, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // The run is over.
            }
            catch (Exception failure) when (failure is HttpRequestException or SocketException or IOException or OperationCanceledException)
            {
                recorder.Add(new Disconnected(name, failure.Message));
                await PauseAsync(PauseAfterFailure, stopping);
            }
        }
    }

    private async Task<string> ListenAsync(Uri hub, CancellationToken stopping)
    {
        _retry = TimeSpan.Zero;
        using var staying = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, AddressAt(hub)) { Version = client.DefaultRequestVersion };
            request.Headers.Accept.ParseAdd("text/event-stream");
            request.Headers.TryAddWithoutValidation("Last-Event-ID", _cursor);
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, staying.Token);
            if (!response.IsSuccessStatusCode)
            {
                await PauseAsync(PauseAfterFailure, stopping);
                return $"status {(int)response.StatusCode}";
            }

            _isConnected = true;
            if (!_isSteady)
            {
                // From here on: whoever hung up before the stream has begun would receive nothing from a server that is slow.
                TimeSpan range = load.LongestStay - load.ShortestStay;
                staying.CancelAfter(load.ShortestStay + (range * _random.NextDouble()));
            }

            await using Stream body = await response.Content.ReadAsStreamAsync(staying.Token);
            var blocks = new BlockReader(body);
            while (await blocks.ReadAsync(staying.Token) is { } block)
            {
                Take(block);
            }

            TakeEndOfStream(blocks.Rest());
            return "end of stream";
        }
        catch (OperationCanceledException) when (staying.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            return "hung up";
        }
        finally
        {
            _isConnected = false;
        }
    }

    private Uri AddressAt(Uri hub)
    {
        if (seesPrivate)
        {
            IEnumerable<string> asked = topics ?? [.. Enumerable.Range(0, load.Topics).Select(LoadOptions.TopicName)];
            return new Uri(hub, $"/private?{string.Join('&', asked.Select(topic => $"topic={topic}"))}");
        }

        return new Uri($"{hub}?{string.Join('&', (topics ?? ["*"]).Select(topic => $"match={topic}"))}");
    }

    private void Take(DecodedStream block)
    {
        foreach (DecodedEvent received in block.Events)
        {
            if (string.Equals(received.Type, GapType, StringComparison.Ordinal))
            {
                using JsonDocument gap = JsonDocument.Parse(received.Data);
                recorder.Add(new GapTold(name, gap.RootElement.GetProperty("reason").GetString() ?? "", received.LastEventId));
            }
            else
            {
                _newestSentAt = Math.Max(_newestSentAt, recorder.AddReceived(name, received.Type, received.LastEventId, received.Data));
                TakeEnd(received.Data);
            }
        }

        _retry = block.Retry is { } retry ? TimeSpan.FromMilliseconds(retry) : _retry;

        // A block without data may set the id alone, and one without an id leaves it as it is.
        if (block.LastEventId.Length > 0)
        {
            _cursor = block.LastEventId;
        }
    }

    private void TakeEnd(string data)
    {
        if (data.StartsWith(Publisher.EndKeyPrefix, StringComparison.Ordinal))
        {
            lock (_gate)
            {
                _ends.Add(data);
                CheckEndsLocked();
            }
        }
    }

    private void CheckEndsLocked()
    {
        if (_awaitedEnds is { } awaited && awaited.All(_ends.Contains))
        {
            _ended.TrySetResult();
        }
    }

    private void TakeEndOfStream(DecodedStream rest)
    {
        // A hub's reconnection time comes without a blank line after it, so it may be all that is left.
        _retry = rest.Retry is { } retry ? TimeSpan.FromMilliseconds(retry) : _retry;
        FirstEnd ??= new StreamEnd(TimeProvider.System.GetTimestamp(), _retry);
    }

    private static async Task PauseAsync(TimeSpan pause, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(pause, TimeProvider.System, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The run is over.
        }
    }
}

/// <summary>The end of a stream in order.</summary>
/// <param name="At">When (<see cref="TimeProvider.GetTimestamp"/>).</param>
/// <param name="Retry">How long the client was told to stay away; zero if it was not told.</param>
internal sealed record StreamEnd(long At, TimeSpan Retry);
