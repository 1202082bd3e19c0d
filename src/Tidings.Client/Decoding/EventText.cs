using System.Text;

namespace Tidings.Client.Decoding;

/// <summary>Makes strings of an event's bytes, and makes none twice: types repeat, and an event without an id has the id of the one before.</summary>
internal sealed class EventText
{
    /// <summary>A stream has few types; those beyond share the places in turn.</summary>
    private const int KnownTypes = 8;

    private readonly byte[][] _typeBytes = new byte[KnownTypes][];
    private readonly string[] _types = new string[KnownTypes];
    private int _nextType;
    private ByteBuffer _lastEventIdBytes;
    private string _lastEventId = "";

    /// <summary>What every event says of where it came from; empty for a bare stream.</summary>
    public string Origin { get; set; } = "";

    /// <summary>HTML 9.2.6: "Streams must be decoded using the UTF-8 decode algorithm", which puts U+FFFD for what is not UTF-8.</summary>
    public ServerSentEvent ToEvent(in Utf8Event e) =>
        new(Type(e.Type), Encoding.UTF8.GetString(e.Data), LastEventId(e.LastEventId), Origin);

    private string LastEventId(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.SequenceEqual(_lastEventIdBytes.Span))
        {
            _lastEventIdBytes.Set(bytes);
            _lastEventId = Encoding.UTF8.GetString(bytes);
        }

        return _lastEventId;
    }

    private string Type(ReadOnlySpan<byte> bytes)
    {
        if (bytes.SequenceEqual("message"u8))
        {
            return "message";
        }

        for (int i = 0; i < KnownTypes && _typeBytes[i] is { } known; i++)
        {
            if (bytes.SequenceEqual(known))
            {
                return _types[i];
            }
        }

        string type = Encoding.UTF8.GetString(bytes);
        _typeBytes[_nextType] = bytes.ToArray();
        _types[_nextType] = type;
        _nextType = (_nextType + 1) % KnownTypes;
        return type;
    }
}
