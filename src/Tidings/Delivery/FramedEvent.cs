namespace Tidings;

/// <summary>An event with the bytes that every subscriber is sent: encoded once, shared, never changed.</summary>
internal sealed class FramedEvent(long sequence, PendingEvent content, ReadOnlyMemory<byte> frame, LogPlace place)
{
    public long Sequence { get; } = sequence;

    public PendingEvent Content { get; } = content;

    public ReadOnlyMemory<byte> Frame { get; } = frame;

    public LogPlace Place { get; } = place;
}
