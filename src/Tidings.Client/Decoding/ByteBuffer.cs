namespace Tidings.Client.Decoding;

/// <summary>Bytes that are kept between two reads. A mutable struct: held in fields, never copied.</summary>
internal struct ByteBuffer
{
    /// <summary>What one buffer may keep once it is empty: a rare large event must not cost its size for as long as the stream is open.</summary>
    private const int RetainedBytes = 64 * 1024;

    private const int SmallestBytes = 64;

    private byte[]? _bytes;

    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0)
        {
            return;
        }

        if (_bytes is null || _bytes.Length - Length < bytes.Length)
        {
            Grow(Length + bytes.Length);
        }

        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    public void Set(scoped ReadOnlySpan<byte> bytes)
    {
        Length = 0;
        Append(bytes);
    }

    /// <summary>Empties the buffer. Spans taken before stay as they are until the next change, since no byte is overwritten here.</summary>
    public void Clear()
    {
        Length = 0;
        if (_bytes?.Length > RetainedBytes)
        {
            _bytes = null;
        }
    }

    private void Grow(int needed)
    {
        // The limits of the decoder keep every length far below the largest array.
        int size = Math.Max(needed, Math.Max(SmallestBytes, (_bytes?.Length ?? 0) * 2));
        Array.Resize(ref _bytes, size);
    }
}
