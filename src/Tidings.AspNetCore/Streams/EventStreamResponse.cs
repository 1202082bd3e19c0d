using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>
/// Writes one event stream: headers and a comment at once, then frames as they come, heartbeats while there are none, and an orderly end.
/// The only writer of its response.
/// </summary>
internal sealed class EventStreamResponse
{
    // A large frame is copied in slices, each flushed before the next, so that a slow reader never holds more than one of them.
    private const int SliceBytes = 16 * 1024;

    private readonly HttpContext _context;
    private readonly IFrameReader _reader;
    private readonly CursorHeartbeat? _cursor; // Null unless the client asked for it.
    private readonly StreamTerm? _term; // Null if it may last as long as anybody likes.
    private readonly OpenStreams _streams;
    private readonly ILogger _logger;
    private readonly PipeWriter _body;
    private readonly bool _isHeartbeatVisible;
    private readonly ReadOnlyMemory<byte> _heartbeat;
    private int _unflushed;
    private bool _isOverdue; // Whether the stream's time is over.
    private long _lastWrite; // Read by the timer, like the two below.
    private long _flushStarted; // 0 while no flush waits.
    private long _flushSeenOverdue; // Only the timer touches this.
    private volatile bool _isHeartbeatDue;

    // The server uses a context again for the next request: nobody may touch it once this stream is over.
    private readonly Lock _ending = new();
    private bool _isOver; // Guarded by _ending.

    private EventStreamResponse(HttpContext context, IFrameReader reader, CursorHeartbeat? cursor, StreamTerm? term, OpenStreams streams, ILogger logger)
    {
        _context = context;
        _reader = reader;
        _cursor = cursor;
        _term = term;
        _streams = streams;
        _logger = logger;
        _body = context.Response.BodyWriter;
        _isHeartbeatVisible = HeartbeatFrame.IsVisible(context.Request);
        _heartbeat = _isHeartbeatVisible ? HeartbeatFrame.Visible(streams.Options.HeartbeatInterval) : SseFrame.Heartbeat;
        _lastWrite = streams.Time.GetTimestamp();
    }

    /// <summary>Answers the request with the frames of <paramref name="reader"/> until it ends, the client leaves, or the app stops.</summary>
    public static async Task WriteAsync(HttpContext context, IFrameReader reader, CursorHeartbeat? cursor = null, StreamTerm? term = null)
    {
        OpenStreams streams = context.RequestServices.GetRequiredService<OpenStreams>();
        ILogger logger = context.RequestServices.GetRequiredService<ILogger<EventStreamResponse>>();
        SetHeaders(context);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        SocketLimits.Apply(context, streams.Options);
        var stream = new EventStreamResponse(context, reader, cursor, term, streams, logger);
        if (!streams.TryAdd(stream))
        {
            await WriteComeBackAsync(context, streams.RandomRetry());
            return;
        }

        using CancellationTokenRegistration leaving =
            context.RequestAborted.UnsafeRegister(static state => ((IFrameReader)state!).Close(), reader);
        try
        {
            await stream.RunAsync();
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // The client left in the middle of a write.
        }
        finally
        {
            streams.Remove(stream);
            stream.Finish();
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            EventStreamLog.Left(logger);
        }
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
    public void Tick(long now, DateTimeOffset timeOfDay)
    {
        long flushStarted = Volatile.Read(ref _flushStarted);
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
            else if (_streams.Time.GetElapsedTime(flushStarted, now) >= _streams.Options.WriteTimeout)
            {
                EventStreamLog.TooSlow(_logger, _streams.Options.WriteTimeout);
                (_reader as Subscriber)?.Close(CloseReason.TooSlow);
                Abort();
            }
        }
        else
        {
            bool isHeartbeatDue = _streams.Time.GetElapsedTime(Volatile.Read(ref _lastWrite), now) >= _streams.Options.HeartbeatInterval;
            if (isHeartbeatDue)
            {
                _isHeartbeatDue = true;
            }

            if (isHeartbeatDue || _cursor?.IsDue(now) is true || _term?.IsNoticeDue(timeOfDay) is true)
            {
                _reader.Wake();
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
        lock (_ending)
        {
            if (!_isOver)
            {
                _context.Abort();
            }
        }
    }

    private void Finish()
    {
        lock (_ending)
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

    private async Task RunAsync()
    {
        // At once, so that the client's "open" fires before there is an event.
        Write(SseFrame.Heartbeat.Span);
        await FlushAsync();
        if (_cursor is not null)
        {
            await WriteFirstPlaceAsync(_cursor);
        }

        while (await _reader.WaitToReadAsync() && !IsOver())
        {
            if (_term?.IsNoticeDue(_streams.Time.GetUtcNow()) is true)
            {
                Write(_term.TakeNotice().Span);
            }

            while (!_isOverdue && _reader.TryRead(out ReadOnlyMemory<byte> frame))
            {
                await WriteInSlicesAsync(frame);
            }

            // A frame may stand there half written: whatever came after it would complete it.
            if (_isOverdue)
            {
                break;
            }

            if (_cursor?.IsDue(_streams.Time.GetTimestamp()) is true)
            {
                if (_unflushed > 0)
                {
                    await FlushAsync(); // What is at hand does not wait for the log.
                    continue;
                }

                Write((await _cursor.NextAsync(_context.RequestAborted)).Span);
            }

            // A place alone, which scripts do not see, stands for a comment but not for an event.
            if (_isHeartbeatDue && (_unflushed == 0 || _isHeartbeatVisible))
            {
                Write(_heartbeat.Span);
            }

            _isHeartbeatDue = false;
            if (_unflushed > 0)
            {
                await FlushAsync();
            }
        }

        if (_streams.IsDraining && !_context.RequestAborted.IsCancellationRequested)
        {
            Write(SseFrame.Retry(_streams.RandomRetry()).Span);
            await FlushAsync();
            await Task.Delay(_streams.Options.DrainWindow * Random.Shared.NextDouble(), _streams.Time, _context.RequestAborted);
        }
    }

    // Before any event: a client that is cut from now on can say what it has seen.
    private async ValueTask WriteFirstPlaceAsync(CursorHeartbeat cursor)
    {
        if (cursor.TryReadGap(out ReadOnlyMemory<byte> gap))
        {
            Write(gap.Span);
        }

        Write((await cursor.NextAsync(_context.RequestAborted)).Span);
        await FlushAsync();
    }

    private ValueTask WriteInSlicesAsync(ReadOnlyMemory<byte> frame)
    {
        if (_unflushed + frame.Length <= SliceBytes)
        {
            Write(frame.Span);
            return ValueTask.CompletedTask;
        }

        return WriteLargeAsync(frame);
    }

    private async ValueTask WriteLargeAsync(ReadOnlyMemory<byte> frame)
    {
        while (frame.Length > 0 && !_isOverdue)
        {
            int length = Math.Min(frame.Length, SliceBytes - _unflushed);
            Write(frame.Span[..length]);
            frame = frame[length..];
            if (_unflushed == SliceBytes)
            {
                await FlushAsync();
            }
        }
    }

    // Asked after every wait: a token may have ended meanwhile, and then not even what is at hand may be written.
    private bool IsOver() => _isOverdue |= _term?.IsOver(_streams.Time.GetUtcNow()) is true;

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _body.Write(bytes);
        _unflushed += bytes.Length;
    }

    private async ValueTask FlushAsync()
    {
        Volatile.Write(ref _flushStarted, _streams.Time.GetTimestamp());
        FlushResult result = await _body.FlushAsync(_context.RequestAborted);
        Volatile.Write(ref _flushStarted, 0);
        Volatile.Write(ref _lastWrite, _streams.Time.GetTimestamp());
        _unflushed = 0;
        if (result.IsCompleted || IsOver())
        {
            // The client left; nothing that is written from now on would be read.
            _reader.Close();
        }
    }
}
