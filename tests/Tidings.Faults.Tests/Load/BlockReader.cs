using Tidings.Testing;

namespace Tidings.Faults.Tests.Load;

/// <summary>Cuts a stream into blocks as it comes and has each decoded on its own. Our servers end their lines by LF alone, so a block ends by two of them.</summary>
internal sealed class BlockReader(Stream stream)
{
    // Longer than any event of the load; a server that sends more without a blank line is wrong.
    private const int LongestBlock = 1024 * 1024;

    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>The next block; null when the stream has ended, whatever is left of a block.</summary>
    public async ValueTask<DecodedStream?> ReadAsync(CancellationToken cancellationToken)
    {
        int searched = 0;
        while (true)
        {
            int blank = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf("\n\n"u8);
            if (blank >= 0)
            {
                int length = searched + blank + 2;
                DecodedStream block = FrameDecoder.DecodeStream(_buffer.AsSpan(_start, length));
                _start += length;
                return block;
            }

            searched = Math.Max(0, _end - _start - 1);
            MakeRoom();
            int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                return null;
            }

            _end += read;
        }
    }

    /// <summary>What is left when the stream has ended.</summary>
    public DecodedStream Rest() => FrameDecoder.DecodeStream(_buffer.AsSpan(_start, _end - _start));

    private void MakeRoom()
    {
        if (_end < _buffer.Length)
        {
            return;
        }

        if (_start == 0)
        {
            if (_buffer.Length >= LongestBlock)
            {
                throw new InvalidDataException($"A block is longer than {LongestBlock} bytes.");
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
            return;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
    }
}
