namespace Tidings;

/// <summary>
/// Turns what a client came with into a place in the log, or into the reason why that cannot be done. Never scans: an id of ours is opened,
/// a publisher's is found by the log's index, and at most one event is read to compare its tag.
/// </summary>
internal sealed class CursorResolver(IEventLog log, FrameRing ring, EventIdCodec codec)
{
    private static readonly PageLimit OneEvent = new(1, 1);

    public async ValueTask<Start> ResolveAsync(StartAt startAt, MatcherSet matchers, EventVisibility visibility, CancellationToken cancellationToken)
    {
        if (startAt.Kind == StartKind.Latest)
        {
            return Start.Latest;
        }

        LogPosition position = await log.GetPositionAsync(cancellationToken).ConfigureAwait(false);
        long floor = matchers.FloorOf(position.Floor, position.TopicFloors);
        if (startAt.Kind == StartKind.Earliest)
        {
            // Whoever asks for what there is misses nothing of what there is not.
            return Start.After(position.Floor - 1) with { Proved = floor };
        }

        if (codec.TryDecode(startAt.LastEventId, out LogPlace place))
        {
            return await CheckAsync(place, position, floor, cancellationToken).ConfigureAwait(false);
        }

        return SseId.TryParse(startAt.LastEventId, out SseId publisherId)
            && await log.FindAsync(publisherId, cancellationToken).ConfigureAwait(false) is { } sequence
            && await MaySeeAsync(sequence, visibility, cancellationToken).ConfigureAwait(false)
            ? Check(sequence, position, floor)
            : Start.Gap(GapReason.Unknown, position, floor);
    }

    /// <summary>The id of the place that <paramref name="sequence"/> is, whether or not its event is still there.</summary>
    public async ValueTask<SseId> IdOfAsync(long sequence, CancellationToken cancellationToken)
    {
        if (ring.TryGet(sequence, out FramedEvent? framed))
        {
            return codec.Encode(framed.Place);
        }

        // In this life of the log, also where the event is of one before a fork: whoever comes back with it need not be told of that fork again.
        LogPlace? found = await FindAsync(sequence, cancellationToken).ConfigureAwait(false);
        LogPosition position = await log.GetPositionAsync(cancellationToken).ConfigureAwait(false);
        return codec.Encode(new LogPlace(position.Epoch, sequence, found?.Tag ?? EventIdCodec.NoTag));
    }

    private static Start Check(long sequence, LogPosition position, long floor) =>
        sequence + 1 < floor
            ? new Start(Math.Max(sequence, position.Floor - 1), GapReason.Expired, floor)
            : Start.After(sequence);

    private static bool TryFindEarlier(LogPosition position, uint epoch, out long through)
    {
        foreach (EarlierEpoch earlier in position.EarlierEpochs)
        {
            if (earlier.Epoch == epoch)
            {
                through = earlier.Through;
                return true;
            }
        }

        through = 0;
        return false;
    }

    private async ValueTask<Start> CheckAsync(LogPlace place, LogPosition position, long floor, CancellationToken cancellationToken)
    {
        bool isOfEarlier = place.Epoch != position.Epoch;
        if (isOfEarlier)
        {
            // Up to where the log forked, an earlier life is a part of this one.
            if (!TryFindEarlier(position, place.Epoch, out long through))
            {
                return Start.Gap(GapReason.Epoch, position, floor);
            }

            if (place.Sequence > through)
            {
                return Start.Gap(GapReason.Fork, position, floor);
            }
        }

        if (place.Sequence > position.Last)
        {
            return Start.Gap(GapReason.Rewound, position, floor);
        }

        // Below the floor the event is gone: the epoch alone has to do.
        bool isForked = place.Tag != EventIdCodec.NoTag
            && place.Sequence >= position.Floor
            && await FindAsync(place.Sequence, cancellationToken).ConfigureAwait(false) is { } found
            && found.Tag != place.Tag;
        if (isForked)
        {
            return Start.Gap(GapReason.Fork, position, floor);
        }

        // What was acknowledged after this place may have been lost by the fork. What was not follows.
        Start start = Check(place.Sequence, position, floor);
        return isOfEarlier && start.Reason is null ? start with { Reason = GapReason.Fork, KeepsCursor = true } : start;
    }

    // Ids that publishers choose can be guessed: to those who may not see its event, an id that exists is like one that does not.
    private async ValueTask<bool> MaySeeAsync(long sequence, EventVisibility visibility, CancellationToken cancellationToken)
    {
        LogPage page = await log.ReadAsync(sequence - 1, OneEvent, cancellationToken).ConfigureAwait(false);
        return page.Events.Count > 0 && page.Events[0].Sequence == sequence && visibility.Includes(page.Events[0].Content);
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
/// <param name="Proved">What is missing below this sequence is told, or was not asked for.</param>
internal readonly record struct Start(long? Cursor, GapReason? Reason, long Proved)
{
    public static Start Latest => default;

    /// <summary>Whether delivery goes on after the cursor although there is a gap: the log still has what it has, whatever the subscriber wants after a gap. Default: no.</summary>
    public bool KeepsCursor { get; init; }

    public static Start After(long sequence) => new(sequence, Reason: null, Proved: 0);

    /// <summary>
    /// A gap after a place that this log does not know: a replay of what is retained would begin with its floor. <paramref name="floor"/> is that of what
    /// the subscriber selects.
    /// </summary>
    public static Start Gap(GapReason reason, LogPosition position, long floor) => new(position.Floor - 1, reason, floor);
}
