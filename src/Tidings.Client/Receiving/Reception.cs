using System.Diagnostics.CodeAnalysis;
using System.Text;
using Tidings.Client.Connecting;
using Tidings.Client.Diagnostics;

namespace Tidings.Client.Receiving;

/// <summary>
/// One reading of a source: connects, receives, waits and connects again, all of it on the flow of the reader who asks for the next
/// event. There is no background task, so nothing is read ahead of the reader but one buffer.
/// </summary>
internal sealed class Reception : IDisposable
{
    private readonly EventSource _source;
    private readonly EventSourceOptions _options;
    private readonly Connector _connector;
    private readonly CancellationToken _readerToken;
    private readonly CancellationTokenSource _stop; // Reader's cancellation or Close().
    private OpenStream? _stream;
    private EventSourceError? _lost;
    private int _attempt;
    private int _attemptsInARow;
    private long _openedAt;
    private bool _cursorMoved;

    public Reception(EventSource source, EventSourceOptions options, Connector connector, CancellationToken closing, CancellationToken readerToken)
    {
        _source = source;
        _options = options;
        _connector = connector;
        _readerToken = readerToken;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(closing, readerToken);
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _stop.Dispose();
    }

    /// <summary>Waits until bytes have arrived, through as many connections as it takes.</summary>
    /// <returns>False when the source is closed.</returns>
    /// <exception cref="EventSourceException">The connection failed for good.</exception>
    public async ValueTask<bool> ReceiveAsync()
    {
        try
        {
            while (!_source.IsClosed)
            {
                _lost ??= _stream is null ? null : await _stream.ReceiveAsync().ConfigureAwait(false);
                if (_lost is not null)
                {
                    await ReconnectLaterAsync(_lost, retryAfter: null).ConfigureAwait(false);
                }
                else if (_stream is not null)
                {
                    _source.Touch();
                    return true;
                }
                else if (!await ConnectAsync().ConfigureAwait(false))
                {
                    return false;
                }
            }

            return false;
        }
        catch (OperationCanceledException) when (_source.IsClosed && !_readerToken.IsCancellationRequested)
        {
            return false;
        }
        catch (OperationCanceledException) when (_readerToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(_readerToken); // The reader knows its own token, not our linked one.
        }
    }

    /// <summary>Takes the next event of what has arrived.</summary>
    /// <returns>False when all was taken, or the source was closed meanwhile.</returns>
    public bool TryTake<T>(Utf8EventParser<T> parse, [MaybeNullWhen(false)] out T item)
    {
        item = default;
        if (_stream is null)
        {
            return false;
        }

        try
        {
            // HTML 9.2.6 dispatches only "if the readyState attribute is set to a value other than CLOSED".
            while (!_source.IsClosed && _stream.Input.TryRead(out Utf8Event e))
            {
                if (e.IsComment)
                {
                    _source.NotifyComment(Encoding.UTF8.GetString(e.Data));
                    continue;
                }

                _cursorMoved |= _source.Cursor.Set(e.LastEventId);
                ClientTelemetry.EventRead();
                if (e.Type.SequenceEqual("tidings-gap"u8))
                {
                    _source.NotifyGap(Encoding.UTF8.GetString(e.Data));
                }

                item = parse(in e);
                return true;
            }
        }
        catch (EventStreamLimitException e)
        {
            _lost = new EventSourceError(EventSourceErrorReason.LimitExceeded, e.Message, exception: e);
        }

        AdoptStreamState();
        return false;
    }

    /// <summary>The reader asks for the next event, so it has handled the one before: now its id may be kept.</summary>
    public ValueTask ConfirmAsync()
    {
        if (!_cursorMoved || _options.CursorStore is not { } store)
        {
            return ValueTask.CompletedTask;
        }

        _cursorMoved = false;
        return store.SaveAsync(_source.Cursor.Value, _readerToken);
    }

    /// <summary>What lines outside events change: an id committed by a block without data, and the reconnection time.</summary>
    private void AdoptStreamState()
    {
        if (!_source.IsClosed)
        {
            _cursorMoved |= _source.Cursor.Set(_stream!.Input.Decoder.LastEventId); // Called with a stream only.
            _source.ReconnectionTime = _stream.Input.Decoder.ReconnectionTime ?? _source.ReconnectionTime;
        }
    }

    private async ValueTask<bool> ConnectAsync()
    {
        _attempt++;
        ConnectOutcome outcome = await _connector
            .ConnectAsync(_source.Cursor.Value, _attempt, _source.DecoderOptions(), _stop.Token)
            .ConfigureAwait(false);
        _stop.Token.ThrowIfCancellationRequested();
        if (outcome.Stream is not null)
        {
            _stream = outcome.Stream;
            _attempt = 0;
            _openedAt = _options.TimeProvider.GetTimestamp();
            _source.Announce(outcome.Stream.Origin);
            return true;
        }

        EventSourceError error = outcome.Error!; // There is one whenever there is no stream.
        if (!error.IsFinal)
        {
            await ReconnectLaterAsync(error, outcome.RetryAfter).ConfigureAwait(false);
            return true;
        }

        _source.Fail(error);
        return error.Reason == EventSourceErrorReason.NoContent ? false : throw new EventSourceException(error);
    }

    /// <summary>HTML 9.2.3, "reestablish the connection": the notification first, then the wait.</summary>
    private async ValueTask ReconnectLaterAsync(EventSourceError error, TimeSpan? retryAfter)
    {
        bool wasHealthy = _stream is not null
            && _options.Backoff is { } backoff
            && _options.TimeProvider.GetElapsedTime(_openedAt) >= backoff.HealthyAfter;
        _attemptsInARow = wasHealthy ? 1 : Math.Min(_attemptsInARow + 1, int.MaxValue - 1);
        _stream?.Dispose();
        _stream = null;
        _lost = null;
        _source.Reestablish(error);
        if (_source.IsClosed)
        {
            return;
        }

        TimeSpan delay = ReconnectionDelay.Next(
            _source.ReconnectionTime, retryAfter, _options.Backoff, _attemptsInARow, _options.NextRandom());
        await Task.Delay(delay, _options.TimeProvider, _stop.Token).ConfigureAwait(false);
    }
}
