namespace Tidings;

/// <summary>The frames of a page that was read from the log, made one by one as they are wanted; the ids of all of them are made at once, because that costs little more than one.</summary>
/// <remarks>Belongs to one reader; not thread-safe.</remarks>
internal sealed class PageFrames(IReadOnlyList<LoggedEvent> events, EventIdCodec codec)
{
    private byte[]? _ids; // Made with the first frame: of many pages a reader wants nothing.

    /// <summary>The bytes that the client receives for the event at <paramref name="index"/>.</summary>
    public ReadOnlyMemory<byte> Frame(int index)
    {
        PendingEvent content = events[index].Content;
        if (content.PublisherId is { } id)
        {
            return SseFrame.Complete(content.Body, id);
        }

        _ids ??= EncodeIds();
        return SseFrame.Complete(content.Body, _ids.AsSpan(index * EventIdCodec.TextBytes, EventIdCodec.TextBytes));
    }

    private byte[] EncodeIds()
    {
        var places = new LogPlace[events.Count];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = PlaceOf(events[i]);
        }

        byte[] ids = new byte[places.Length * EventIdCodec.TextBytes];
        codec.Encode(places, ids);
        return ids;
    }

    /// <summary>What the id of an event says.</summary>
    public static LogPlace PlaceOf(LoggedEvent logged) => new(logged.Epoch, logged.Sequence, logged.Content.Tag);
}
