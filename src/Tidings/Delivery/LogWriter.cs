using System.Buffers;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>
/// The one writer of the log (group commit): takes whatever waits, stores it in one step, and acknowledges each event when the step is committed.
/// Waits for the log, and for readers that are at work, but never for more events to come nor for a client.
/// </summary>
internal sealed class LogWriter
{
    private readonly BrokerOptions _options;
    private readonly IEventLog _log;
    private readonly EventIdCodec _ids;
    private readonly Dispatcher _dispatcher;
    private readonly ILogger _logger;
    private readonly Channel<Request> _queue;
    private readonly List<Request> _batch = []; // Only the loop touches this and the three below.
    private readonly List<PendingEvent> _events = [];
    private bool _isFull; // So that each time without space is logged once, not once for each batch.
    private bool _isFailing; // So that of each failure that lasts one stack trace is logged, and then a line for each batch.
    private long _queuedBytes; // Changed by Interlocked.
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isCompleted;
    private long _acknowledgedThrough; // Others read it.

    public LogWriter(BrokerOptions options, IEventLog log, EventIdCodec ids, Dispatcher dispatcher, ILogger logger)
    {
        _options = options;
        _log = log;
        _ids = ids;
        _dispatcher = dispatcher;
        _logger = logger;
        _queue = Channel.CreateBounded<Request>(new BoundedChannelOptions(options.PublishQueueEvents) { SingleReader = true });
    }

    /// <summary>Completes, with the reason, when the log has given up.</summary>
    public Task<Exception> Failed => _failed.Task;

    /// <summary>Up to where the newest batch was stored; set before its publishers are told.</summary>
    public long AcknowledgedThrough => Volatile.Read(ref _acknowledgedThrough);

    /// <summary>Hands in an event; the task completes with its id when it is stored.</summary>
    /// <exception cref="PublishException">The queue is full, the broker stops, or the log failed.</exception>
    public Task<SseId> EnqueueAsync(PendingEvent pending)
    {
        if (Interlocked.Add(ref _queuedBytes, pending.Body.Length) > _options.PublishQueueBytes)
        {
            return Refuse(pending, PublishFailure.Busy);
        }

        var request = new Request(pending, new TaskCompletionSource<SseId>(TaskCreationOptions.RunContinuationsAsynchronously));
        if (_queue.Writer.TryWrite(request))
        {
            return request.Stored.Task;
        }

        return Refuse(pending, _isCompleted ? PublishFailure.Draining : PublishFailure.Busy);
    }

    /// <summary>Accepts nothing more; <see cref="RunAsync"/> ends when everything that waits is stored.</summary>
    public void Complete()
    {
        _isCompleted = true;
        _queue.Writer.TryComplete();
    }

    public async Task RunAsync()
    {
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            // While the readers are served that wait for what is stored already, nothing more is: a publisher that is faster than they are would only make the queue between them longer. What comes
            // meanwhile is one batch.
            await _dispatcher.ReadersWoken.ConfigureAwait(false);
            TakeBatch();
            await StoreBatchAsync().ConfigureAwait(false);

            // Publishers who were just told may have more to say at once. Without a turn for them, the first one's event would go alone and all others wait for
            // its commit: batches of one and of many in turns.
            await Task.Yield();
        }
    }

    private void TakeBatch()
    {
        _batch.Clear();
        _events.Clear();
        long bytes = 0;
        while (_batch.Count < _options.BatchEvents && _queue.Reader.TryPeek(out Request next))
        {
            bytes += next.Event.Body.Length;
            if (bytes > _options.BatchBytes && _batch.Count > 0)
            {
                return;
            }

            _queue.Reader.TryRead(out next);
            Interlocked.Add(ref _queuedBytes, -next.Event.Body.Length);
            _batch.Add(next);
            _events.Add(next.Event);
        }
    }

    private async Task StoreBatchAsync()
    {
        try
        {
            // Not tied to any publisher: one that hangs up leaves a whole action behind, never half of one.
            IReadOnlyList<AppendResult> results = await _log.AppendAsync(_events, CancellationToken.None).ConfigureAwait(false);
            AcknowledgeBatch(results);
            _isFailing = false;

            if (_isFull)
            {
                _isFull = false;
                BrokerLog.LogHasSpace(_logger);
            }
        }
        catch (EventLogFullException full)
        {
            if (!_isFull)
            {
                _isFull = true;
                BrokerLog.LogFull(_logger, full);
            }

            FailBatch(PublishFailure.StorageFull, full);
        }
        catch (Exception failure)
        {
            BrokerLog.AppendFailed(_logger, _isFailing ? null : failure, _batch.Count, failure.Message);
            _isFailing = true;
            FailBatch(PublishFailure.OutcomeUnknown, failure);
            if (failure is EventLogException { IsFinal: true })
            {
                _failed.TrySetResult(failure);
            }
        }
    }

    private void AcknowledgeBatch(IReadOnlyList<AppendResult> results)
    {
        byte[] ids = ArrayPool<byte>.Shared.Rent(_batch.Count * EventIdCodec.TextBytes);
        LogPlace[] places = ArrayPool<LogPlace>.Shared.Rent(_batch.Count);
        long through = 0;
        for (int i = 0; i < _batch.Count; i++)
        {
            places[i] = new LogPlace(results[i].Epoch, results[i].Sequence, results[i].Tag);
            through = Math.Max(through, results[i].Sequence);
        }

        Volatile.Write(ref _acknowledgedThrough, through);
        _ids.Encode(places.AsSpan(0, _batch.Count), ids);
        for (int i = 0; i < _batch.Count; i++)
        {
            Request request = _batch[i];
            if (results[i].Outcome == AppendOutcome.KeyReused)
            {
                request.Stored.SetException(new PublishException(PublishFailure.KeyReused));
            }
            else
            {
                // The same event has the same publisher's id, so a repeated publish is told what the first one was.
                request.Stored.SetResult(request.Event.PublisherId ?? EventIdCodec.IdAt(ids, i));
            }
        }

        ArrayPool<byte>.Shared.Return(ids);
        ArrayPool<LogPlace>.Shared.Return(places);
    }

    private void FailBatch(PublishFailure failure, Exception cause)
    {
        foreach (Request request in _batch)
        {
            request.Stored.TrySetException(new PublishException(failure, cause));
        }
    }

    private Task<SseId> Refuse(PendingEvent pending, PublishFailure failure)
    {
        Interlocked.Add(ref _queuedBytes, -pending.Body.Length);
        return Task.FromException<SseId>(new PublishException(failure));
    }

    private readonly record struct Request(PendingEvent Event, TaskCompletionSource<SseId> Stored);
}
