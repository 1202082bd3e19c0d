using System.Buffers.Text;
using System.Text;

namespace Tidings.Server;

/// <summary>Reads the answer to a request over HTTP/1.1 as it comes, and only what a measurement needs of it (RFC 9112, sections 4, 6 and 7).</summary>
internal sealed class HttpAnswer
{
    // What servers send is below 2 KiB; who sends more does not speak HTTP.
    private const int MaxHeadBytes = 32 * 1024;
    private const int StatusOffset = 9; // "HTTP/1.1 "
    private const int MaxChunkBytes = 1 << 30;

    private byte[] _head = [];
    private int _headLength;
    private Part _part;
    private long _left;

    private enum Part
    {
        Head,
        Sized,
        ChunkSize,
        ChunkExtension,
        Chunk,
        ChunkEnd,
        Trailer,
        UntilClose,
        Complete,
    }

    /// <summary>The status; 0 until the head is there.</summary>
    public int Status { get; private set; }

    public bool IsComplete => _part == Part.Complete;

    /// <summary>Whether the server closes the connection after this answer.</summary>
    public bool IsLast { get; private set; }

    public void Reset()
    {
        _headLength = 0;
        _part = Part.Head;
        _left = 0;
        Status = 0;
        IsLast = false;
    }

    /// <summary>Takes bytes off <paramref name="input"/> up to the end of the next piece of the body, and returns the piece; an empty one when all of the input is used, or the answer is complete.</summary>
    public ReadOnlySpan<byte> ReadBody(ref ReadOnlySpan<byte> input)
    {
        while (!input.IsEmpty)
        {
            switch (_part)
            {
                case Part.Head:
                    ReadHead(ref input);
                    break;
                case Part.UntilClose:
                    return Take(ref input, input.Length);
                case Part.Sized or Part.Chunk:
                    ReadOnlySpan<byte> piece = Take(ref input, (int)Math.Min(_left, input.Length));
                    _left -= piece.Length;
                    if (_left == 0)
                    {
                        _part = _part == Part.Sized ? Part.Complete : Part.ChunkEnd;
                    }

                    return piece;
                case Part.Complete:
                    return [];
                default:
                    ReadFraming(Take(ref input, 1)[0]);
                    break;
            }
        }

        return [];
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> input, int count)
    {
        ReadOnlySpan<byte> taken = input[..count];
        input = input[count..];
        return taken;
    }

    private void ReadHead(ref ReadOnlySpan<byte> input)
    {
        int end = _headLength == 0 ? input.IndexOf("\r\n\r\n"u8) : -1;
        if (end >= 0)
        {
            ParseHead(Take(ref input, end + 4));
            return;
        }

        // In pieces: a byte at a time, because the blank line may be cut, too. This happens once for a connection, if at all.
        while (!input.IsEmpty)
        {
            if (_headLength == _head.Length)
            {
                Array.Resize(ref _head, _headLength < MaxHeadBytes ? Math.Max(1024, _headLength * 2) : throw NotHttp());
            }

            _head[_headLength++] = Take(ref input, 1)[0];
            if (_head.AsSpan(0, _headLength).EndsWith("\r\n\r\n"u8))
            {
                ParseHead(_head.AsSpan(0, _headLength));
                return;
            }
        }
    }

    private void ParseHead(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1."u8) || !Utf8Parser.TryParse(head.Slice(StatusOffset, Math.Min(3, head.Length - StatusOffset)), out int status, out _))
        {
            throw NotHttp();
        }

        Status = status;
        _part = status is 204 or 304 ? Part.Complete : Part.UntilClose;
        while (head.IndexOf((byte)'\n') is >= 0 and int end)
        {
            ReadOnlySpan<byte> line = head[..end].TrimEnd((byte)'\r');
            head = head[(end + 1)..];
            int colon = line.IndexOf((byte)':');
            if (colon > 0)
            {
                ReadHeader(line[..colon], line[(colon + 1)..].Trim((byte)' '));
            }
        }
    }

    private void ReadHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Ascii.EqualsIgnoreCase(name, "content-length"u8) && _part == Part.UntilClose && Utf8Parser.TryParse(value, out long length, out _))
        {
            _left = length;
            _part = length == 0 ? Part.Complete : Part.Sized;
        }
        else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8) && Ascii.EqualsIgnoreCase(value, "chunked"u8) && _part != Part.Complete)
        {
            _left = 0;
            _part = Part.ChunkSize;
        }
        else if (Ascii.EqualsIgnoreCase(name, "connection"u8) && Ascii.EqualsIgnoreCase(value, "close"u8))
        {
            IsLast = true;
        }
    }

    // The lines around chunks: some bytes each, so one at a time is fast enough.
    private void ReadFraming(byte next)
    {
        switch (_part)
        {
            case Part.ChunkSize when char.IsAsciiHexDigit((char)next) && _left < MaxChunkBytes:
                _left = (_left << 4) | HexNumber.DigitOf(next);
                break;
            case Part.ChunkSize or Part.ChunkExtension when next == '\n':
                _part = _left > 0 ? Part.Chunk : Part.Trailer;
                break;
            case Part.ChunkSize when next is (byte)'\r' or (byte)';' or (byte)' ':
                _part = Part.ChunkExtension;
                break;
            case Part.ChunkExtension:
                break;
            case Part.ChunkEnd when next is (byte)'\r':
                break;
            case Part.ChunkEnd when next is (byte)'\n':
                _part = Part.ChunkSize;
                break;
            case Part.Trailer:
                // Complete at a blank line; _left tells whether the line has held anything.
                if (next == '\n')
                {
                    _part = _left == 0 ? Part.Complete : Part.Trailer;
                    _left = 0;
                }
                else if (next != '\r')
                {
                    _left = 1;
                }

                break;
            default:
                throw NotHttp();
        }
    }

    private static BenchException NotHttp() => new(ExitCode.Failure, "What the server answers is not HTTP/1.1.");
}
