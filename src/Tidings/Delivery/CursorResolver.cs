namespace Tidings;

/// <summary>
/// Turns what a client came with into a place in the log, or into the reason why that cannot be done. Never scans: an id of ours is opened,
/// a publisher's is found by the log's index, and at most one event is read to compare its tag.
/// </summary>
internal sealed class CursorResolver(IEventLog log, FrameRing ring, EventIdCodec codec)
{
    private static readonly PageLimit OneEvent = new(1, 1);

    public async ValueTask<Start> ResolveAsync(StartAt startAt, CancellationToken cancellationToken)
    {
        if (startAt.Kind == StartKind.Latest)
        {
            return Start.Latest;
        }

        LogPosition position = await log.GetPositionAsync(cancellationToken).ConfigureAwait(false);
        if (startAt.Kind == StartKind.Earliest)
        {
            return Start.After(position.Floor - 1);
        }

        if (codec.TryDecode(startAt.LastEventId, out LogPlace place))
        {
            return await CheckAsync(place, position, cancellationToken).ConfigureAwait(false);
        }

        return SseId.TryParse(startAt.LastEventId, out SseId publisherId)
            && await log.FindAsync(publisherId, cancellationToken).ConfigureAwait(false) is { } sequence
            ? Start.After(sequence)
            : Start.Gap(GapReason.Unknown, position.Floor);
    }

    /// <summary>The id of the place that <paramref name="sequence"/> is, whether or not its event is still there.</summary>
    public async ValueTask<SseId> IdOfAsync(long sequence, CancellationToken cancellationToken)
    {
        if (await FindAsync(sequence, cancellationToken).ConfigureAwait(false) is { } found)
        {
            return codec.Encode(found);
        }

        LogPosition position = await log.GetPositionAsync(cancellationToken).ConfigureAwait(false);
        return codec.Encode(new LogPlace(position.Epoch, sequence, EventIdCodec.NoTag));
    }

    private async ValueTask<Start> CheckAsync(LogPlace place, LogPosition position, CancellationToken cancellationToken)
    {
        if (place.Epoch != position.Epoch)
        {
            return Start.Gap(GapReason.Epoch, position.Floor);
        }

        if (place.Sequence > position.Last)
        {
            return Start.Gap(GapReason.Rewound, position.Floor);
        }

        if (place.Sequence + 1 < position.Floor)
        {
            return Start.Gap(GapReason.Expired, position.Floor);
        }

        // Just below the floor the event is gone, but nothing after it: the epoch alone has to do.
        bool isForked = place.Tag != EventIdCodec.NoTag
            && place.Sequence >= position.Floor
            && await FindAsync(place.Sequence, cancellationToken).ConfigureAwait(false) is { } found
            && found.Tag != place.Tag;
        return isForked ? Start.Gap(GapReason.Fork, position.Floor) : Start.After(place.Sequence);
    }

    private async ValueTask<LogPlace?> FindAsync(long sequence, CancellationToken cancellationToken)
    {
        if (ring.TryGet(sequence, out FramedEvent? framed))
        {
            return framed.Place;
        }

        LogPage page = await log.ReadAsync(sequence - 1, OneEvent, cancellationToken).ConfigureAwait(false);
        return page.Events.Count > 0 && page.Events[0].Sequence == sequence
            ? new LogPlace(page.Events[0].Epoch, sequence, page.Events[0].Content.Tag)
            : null;
    }
}

/// <summary>Where a subscriber really begins.</summary>
/// <param name="Cursor">Deliver what comes after this sequence; null: what is dispatched after the registration.</param>
/// <param name="Reason">Why the cursor that was asked for cannot be honoured; null if it can.</param>
internal readonly record struct Start(long? Cursor, GapReason? Reason)
{
    public static Start Latest => default;

    public static Start After(long sequence) => new(sequence, Reason: null);

    /// <summary>A gap; <paramref name="floor"/> is where a replay of what is retained would begin.</summary>
    public static Start Gap(GapReason reason, long floor) => new(floor - 1, reason);
}
