using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// The body of one stream while it is written: gathers what is at hand and flushes it together, in slices, so that a slow client never holds more than one of them. Knows how long a flush has waited,
/// and looks after each wait whether the stream's time is over.
/// </summary>
/// <remarks>The response alone writes; the timer looks at <see cref="FlushStarted"/> and <see cref="LastWrite"/>.</remarks>
internal sealed class StreamBody(PipeWriter body, IFrameReader reader, StreamTerm? term, TimeProvider time, CancellationToken aborted)
{
    // With the head and the end of a chunk it fits into a buffer of 16 KiB.
    private const int SliceBytes = (16 * 1024) - 16;

    // A turn of the thread pool may be shared with other streams.
    private const int MostFlushesInTurn = 4;

    private StreamOutput _output = new PipeOutput(body);
    private int _flushesInTurn;
    private long _lastWrite = time.GetTimestamp();
    private long _flushStarted; // 0 while no flush waits.

    /// <summary>How many bytes were written since the last flush.</summary>
    public int Unflushed { get; private set; }

    /// <summary>Whether the stream's time was over when it was looked at last: nothing may be written any more.</summary>
    public bool IsOverdue { get; private set; }

    /// <summary>When bytes were last handed over. From any thread.</summary>
    public long LastWrite => Volatile.Read(ref _lastWrite);

    /// <summary>Since when a flush waits; 0 if none does. From any thread.</summary>
    public long FlushStarted => Volatile.Read(ref _flushStarted);

    /// <summary>Writes past the server's own output from now on, if nothing stands between. Right after a flush.</summary>
    public void GoDirect(HttpContext context) => _output = ChunkedOutput.TryMake(context) ?? _output;

    /// <summary>Says that the reader waits: what comes next is written in another turn.</summary>
    public void BeginTurn() => _flushesInTurn = 0;

    /// <summary>Looks whether the stream's time is over.</summary>
    public bool IsOver() => IsOverdue |= term?.IsOver(time.GetUtcNow()) is true;

    /// <summary>Writes a few bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        Unflushed += bytes.Length;
    }

    /// <summary>Writes a frame of any size; a large one is flushed slice by slice, and left when the time is over.</summary>
    public ValueTask WriteInSlicesAsync(ReadOnlyMemory<byte> frame)
    {
        if (Unflushed + frame.Length <= SliceBytes)
        {
            Write(frame.Span);
            return ValueTask.CompletedTask;
        }

        return WriteLargeAsync(frame);
    }

    /// <summary>Hands over what was written. When the client has left, or the time is over, it closes the reader.</summary>
    public ValueTask FlushAsync()
    {
        // Before the client can have it: what comes an interval later is a heartbeat.
        Volatile.Write(ref _lastWrite, time.GetTimestamp());
        ValueTask<FlushResult> flushing = _output.FlushAsync(aborted);
        if (!flushing.IsCompletedSuccessfully)
        {
            return WaitForFlushAsync(flushing);
        }

        Flushed(flushing.Result);
        return ++_flushesInTurn < MostFlushesInTurn ? ValueTask.CompletedTask : EndTurnAsync();
    }

    private async ValueTask WaitForFlushAsync(ValueTask<FlushResult> flushing)
    {
        Volatile.Write(ref _flushStarted, time.GetTimestamp());
        FlushResult result = await flushing;
        Volatile.Write(ref _lastWrite, time.GetTimestamp());
        Volatile.Write(ref _flushStarted, 0);
        Flushed(result);
        LookAfterWait();
    }

    private async ValueTask EndTurnAsync()
    {
        await Task.Yield();
        BeginTurn();
        LookAfterWait();
    }

    private async ValueTask WriteLargeAsync(ReadOnlyMemory<byte> frame)
    {
        while (frame.Length > 0 && !IsOverdue)
        {
            int length = Math.Min(frame.Length, SliceBytes - Unflushed);
            Write(frame.Span[..length]);
            frame = frame[length..];
            if (Unflushed == SliceBytes)
            {
                await FlushAsync();
            }
        }
    }

    private void Flushed(FlushResult result)
    {
        Unflushed = 0;
        if (result.IsCompleted)
        {
            reader.Close(); // The client left; nothing that is written from now on would be read.
        }
    }

    // A token may have ended meanwhile, and then not even what is at hand may be written.
    private void LookAfterWait()
    {
        if (IsOver())
        {
            reader.Close();
        }
    }
}
