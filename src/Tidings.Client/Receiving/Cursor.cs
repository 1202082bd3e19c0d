using System.Text;
using Tidings.Client.Decoding;

namespace Tidings.Client.Receiving;

/// <summary>
/// The last event ID of a source: written by the reader's flow, read by anybody. The string is made when somebody asks, so that
/// a reader of UTF-8 causes none.
/// </summary>
internal sealed class Cursor
{
    private readonly Lock _gate = new();
    private ByteBuffer _bytes; // Written under _gate by the reader's flow, which alone may read it without.
    private string? _text = ""; // Guarded by _gate; null when the bytes changed since.

    public string Value
    {
        get
        {
            lock (_gate)
            {
                return _text ??= Encoding.UTF8.GetString(_bytes.Span);
            }
        }
    }

    /// <returns>Whether this is another id than before.</returns>
    public bool Set(ReadOnlySpan<byte> lastEventId)
    {
        if (lastEventId.SequenceEqual(_bytes.Span))
        {
            return false;
        }

        lock (_gate)
        {
            _bytes.Set(lastEventId);
            _text = null;
        }

        return true;
    }
}
