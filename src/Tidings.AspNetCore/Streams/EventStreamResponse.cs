using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Tidings;

/// <summary>
/// Writes one event stream: headers and a comment at once, then frames as they come, heartbeats while there are none, and an orderly end.
/// The only writer of its response.
/// </summary>
internal sealed class EventStreamResponse
{
    private readonly HttpContext _context;
    private readonly CancellationToken _aborted;
    private readonly IFrameReader _reader;
    private readonly CursorHeartbeat? _cursor; // Null unless the client asked for it.
    private readonly StreamTerm? _term; // Null if it may last as long as anybody likes.
    private readonly OpenStreams _streams;
    private readonly StreamBody _body;
    private readonly bool _isHeartbeatVisible;
    private readonly ReadOnlyMemory<byte> _heartbeat;
    private long _flushSeenOverdue; // Only the timer touches this and the next.
    private bool _isCut;
    private volatile bool _isHeartbeatDue;

    // The server uses a context again for the next request: nobody may touch it once this stream is over.
    private bool _isOver; // Guarded by a lock on the body, which nobody else takes: one object less for each stream.

    private EventStreamResponse(HttpContext context, IFrameReader reader, CursorHeartbeat? cursor, StreamTerm? term, OpenStreams streams)
    {
        _context = context;
        _aborted = context.RequestAborted;
        _reader = reader;
        _cursor = cursor;
        _term = term;
        _streams = streams;
        _body = new StreamBody(context.Response.BodyWriter, reader, term, streams.Time, _aborted);
        _isHeartbeatVisible = HeartbeatFrame.IsVisible(context.Request);
        _heartbeat = _isHeartbeatVisible ? HeartbeatFrame.Visible(streams.Options.HeartbeatInterval) : SseFrame.Heartbeat;
        if (reader is Subscriber subscriber)
        {
            subscriber.ResumesInline = true;
        }
    }

    /// <summary>Whether it waits for its client. From any thread.</summary>
    public bool IsWaiting => _body.FlushStarted != 0;

    /// <summary>Answers the request with the frames of <paramref name="reader"/> until it ends, the client leaves, or the app stops.</summary>
    public static Task WriteAsync(HttpContext context, OpenStreams streams, IFrameReader reader, CursorHeartbeat? cursor = null, StreamTerm? term = null)
    {
        SetHeaders(context);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return Task.CompletedTask;
        }

        SocketLimits.Apply(context, streams.Options);
        var stream = new EventStreamResponse(context, reader, cursor, term, streams);
        return streams.TryAdd(stream) ? stream.WriteAsync() : WriteComeBackAsync(context, streams.RandomRetry());
    }

    /// <summary>
    /// Sends a client away for a while. Not with an error: for any status but 200 a browser gives up for good (WHATWG HTML 9.2.2).
    /// </summary>
    public static async Task WriteComeBackAsync(HttpContext context, TimeSpan after, string? why = null)
    {
        SetHeaders(context);
        context.Response.Headers.Connection = "close";
        PipeWriter body = context.Response.BodyWriter;
        if (why is not null)
        {
            body.Write(SseFrame.Comment(why).Span);
        }

        await body.WriteAsync(SseFrame.Retry(after), context.RequestAborted);
    }

    /// <summary>Looks whether a heartbeat or a place is due, a write has waited too long, or the stream's time is over. For the timer.</summary>
    public void Tick(long now, DateTimeOffset timeOfDay, WakeUps wakeUps)
    {
        long flushStarted = _body.FlushStarted;
        bool isOver = _term?.IsOver(timeOfDay) is true;
        if (isOver)
        {
            _reader.Close();
        }

        if (flushStarted != 0)
        {
            if (isOver && flushStarted == _flushSeenOverdue)
            {
                Abort(); // What has waited since the tick before must not be written.
            }
            else if (isOver)
            {
                _flushSeenOverdue = flushStarted; // It may be over this very moment.
            }
            else if (!_isCut && _streams.Time.GetElapsedTime(flushStarted, now) >= _streams.Options.WriteTimeout)
            {
                _isCut = true; // Its end may take until after the next tick.
                EventStreamLog.TooSlow(_streams.Logger, _streams.Options.WriteTimeout);
                (_reader as Subscriber)?.Close(CloseReason.TooSlow);
                Abort();
            }
        }
        else
        {
            bool isHeartbeatDue = _streams.Time.GetElapsedTime(_body.LastWrite, now) >= _streams.Options.HeartbeatInterval;
            if (isHeartbeatDue)
            {
                _isHeartbeatDue = true;
            }

            if (isHeartbeatDue || _cursor?.IsDue(now) is true || _term?.IsNoticeDue(timeOfDay) is true)
            {
                Wake(wakeUps);
            }
        }
    }

    /// <summary>Ends the stream in order: what the reader still has at hand, a reconnection time, and the end at a random moment of the drain window.</summary>
    public void End()
    {
        // A subscriber has been ended by its broker, which gave it everything first; any other source is stopped here.
        if (_reader is not Subscriber)
        {
            _reader.Close();
        }
    }

    /// <summary>Cuts the connection.</summary>
    public void Abort()
    {
        _reader.Close();
        lock (_body)
        {
            if (!_isOver)
            {
                _context.Abort();
            }
        }
    }

    private void Wake(WakeUps wakeUps)
    {
        if (_reader is not Subscriber subscriber)
        {
            _reader.Wake();
        }
        else if (subscriber.TakeWaiterToWake())
        {
            wakeUps.Add(subscriber);
        }
    }

    private void Finish()
    {
        lock (_body)
        {
            _isOver = true;
        }
    }

    private static void SetHeaders(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = EventStream.MediaType;
        response.Headers.CacheControl = "no-cache, no-store, no-transform, private, max-age=0, must-revalidate";
        response.Headers.Append("Vary", "Origin, Cookie, Authorization");
        response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold the first events back
        response.Headers.XContentTypeOptions = "nosniff";

        // A compressor would hold events back and cost memory for every stream; it works by what the request accepts.
        context.Request.Headers.Remove("Accept-Encoding");
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        // A slow reader is judged by WriteTimeout, per stream and also on HTTP/2; Kestrel's rate would cut it earlier and silently.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private async Task WriteAsync()
    {
        using CancellationTokenRegistration leaving = _aborted.UnsafeRegister(static state => ((IFrameReader)state!).Close(), _reader);
        try
        {
            bool isUnreadable = await WriteUntilOverAsync();

            // What follows is the app's, and may take its time.
            await Task.Yield();
            if (isUnreadable && !_aborted.IsCancellationRequested)
            {
                _body.Write(SseFrame.Retry(_streams.RandomRetry()).Span);
                await _body.FlushAsync();
            }
            else if (_streams.IsDraining && !_aborted.IsCancellationRequested)
            {
                _body.Write(SseFrame.Retry(_streams.RandomRetry()).Span);
                await _body.FlushAsync();
                await Task.Delay(_streams.Options.DrainWindow * Random.Shared.NextDouble(), _streams.Time, _aborted);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException && _aborted.IsCancellationRequested)
        {
            // The client left in the middle of a write.
        }
        finally
        {
            _streams.Remove(this);
            Finish();
        }

        if (_aborted.IsCancellationRequested)
        {
            EventStreamLog.Left(_streams.Logger);
        }
    }

    /// <returns>Whether it is over because the log could not be read for whoever is behind.</returns>
    private async Task<bool> WriteUntilOverAsync()
    {
        try
        {
            await BeginAsync();
            while (await WaitAsync() && !_body.IsOver() && await WriteWhatIsAtHandAsync())
            {
            }

            return false;
        }
        catch (EventLogException failure)
        {
            EventStreamLog.LogUnreadable(_streams.Logger, failure);
            return true;
        }
    }

    private async ValueTask BeginAsync()
    {
        // At once, so that the client's "open" fires before there is an event.
        _body.Write(SseFrame.Heartbeat.Span);
        await _body.FlushAsync();
        _body.GoDirect(_context);

        // Before any event: a client that is cut from now on can say what it has seen.
        if (_cursor is not null)
        {
            if (_cursor.TryReadGap(out ReadOnlyMemory<byte> gap))
            {
                _body.Write(gap.Span);
            }

            _body.Write((await _cursor.NextAsync(_aborted)).Span);
            await _body.FlushAsync();
        }
    }

    private ValueTask<bool> WaitAsync()
    {
        ValueTask<bool> waiting = _reader.WaitToReadAsync();
        if (!waiting.IsCompleted)
        {
            _body.BeginTurn();
        }

        return waiting;
    }

    /// <returns>Whether the stream goes on.</returns>
    private async ValueTask<bool> WriteWhatIsAtHandAsync()
    {
        if (_term?.IsNoticeDue(_streams.Time.GetUtcNow()) is true)
        {
            _body.Write(_term.TakeNotice().Span);
        }

        while (!_body.IsOverdue && _reader.TryRead(out ReadOnlyMemory<byte> frame))
        {
            await _body.WriteInSlicesAsync(frame);
        }

        // A frame may stand there half written: whatever came after it would complete it.
        if (_body.IsOverdue)
        {
            return false;
        }

        if (_cursor?.IsDue(_streams.Time.GetTimestamp()) is true)
        {
            if (_body.Unflushed > 0)
            {
                await _body.FlushAsync(); // What is at hand does not wait for the log.
                return true;
            }

            _body.Write((await _cursor.NextAsync(_aborted)).Span);
        }

        // A place alone, which scripts do not see, stands for a comment but not for an event.
        if (_isHeartbeatDue && (_body.Unflushed == 0 || _isHeartbeatVisible))
        {
            _body.Write(_heartbeat.Span);
        }

        _isHeartbeatDue = false;
        if (_body.Unflushed > 0)
        {
            await _body.FlushAsync();
        }

        return true;
    }
}
