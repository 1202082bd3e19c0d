using System.Diagnostics.CodeAnalysis;

namespace Tidings.Client.Decoding;

/// <summary>A stream, the bytes of its last read (in <paramref name="buffer"/>), and the decoder that takes them. Only the reader's own flow touches it.</summary>
internal sealed class EventStreamInput(Stream stream, EventStreamDecoder decoder, byte[] buffer)
{
    /// <summary>One read: a few kernel segments. Larger reads gain nothing measurable, and every open stream holds one of these.</summary>
    public const int ReadBytes = 16 * 1024;

    private int _start;
    private int _end;

    public EventStreamDecoder Decoder => decoder;

    /// <summary>Reads once. Only when all bytes of the read before were taken: this is the back-pressure.</summary>
    /// <returns>Whether bytes came; false at the end of the stream.</returns>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        _start = 0;
        _end = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return _end > 0;
    }

    public bool TryRead(out Utf8Event e)
    {
        ReadOnlySpan<byte> rest = buffer.AsSpan(_start, _end - _start);
        bool found = decoder.TryRead(ref rest, out e);
        _start = _end - rest.Length;
        return found;
    }

    public bool TryRead<T>(Utf8EventParser<T> parse, [MaybeNullWhen(false)] out T item)
    {
        if (TryRead(out Utf8Event e))
        {
            item = parse(in e);
            return true;
        }

        item = default;
        return false;
    }
}
