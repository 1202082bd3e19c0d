namespace Tidings;

/// <summary>An event with the bytes that every subscriber is sent: encoded once, shared, never changed.</summary>
internal sealed class FramedEvent(long sequence, PendingEvent content, ReadOnlyMemory<byte> frame, LogPlace place)
{
    public long Sequence { get; } = sequence;

    public PendingEvent Content { get; } = content;

    public ReadOnlyMemory<byte> Frame { get; } = frame;

    public LogPlace Place { get; } = place;

    /// <summary>Adds the id to what the log holds: the bytes that the client receives.</summary>
    public static FramedEvent Of(LoggedEvent logged, EventIdCodec codec)
    {
        var place = new LogPlace(logged.Epoch, logged.Sequence, logged.Content.Tag);
        SseId id = logged.Content.PublisherId ?? codec.Encode(place);
        return new FramedEvent(logged.Sequence, logged.Content, SseFrame.Complete(logged.Content.Body, id), place);
    }
}
