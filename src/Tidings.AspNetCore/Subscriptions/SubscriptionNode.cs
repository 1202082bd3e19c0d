using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>
/// This process as one of several nodes: writes what changes among its own subscriptions to where all nodes list them from, keeps its lease, and takes the subscriptions of nodes that have ended, so that
/// their end is told.
/// </summary>
/// <remarks>
/// One loop calls <see cref="TakeAsync"/> and <see cref="ToldAsync"/> in turns; <see cref="KeepLeaseAsync"/> runs beside it. An end is noted first (no list shows the subscription any more), then told, and only
/// then removed: a node that dies in between leaves it to another one, which tells it again rather than never.
/// </remarks>
internal sealed class SubscriptionNode(
    INodeEntries entries,
    ActiveSubscriptions subscriptions,
    SubscriptionLists lists,
    Broker broker,
    TimeProvider timeProvider,
    ILogger logger)
{
    /// <summary>How many times the lease is renewed within its length, and others are looked for that have ended.</summary>
    private const int RenewalsPerLease = 3;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLeaving = TimeSpan.FromSeconds(2);

    // One for each loop.
    private readonly Outage _telling = new("What nodes tell each other of their subscriptions cannot be read or written", timeProvider, logger);
    private readonly Outage _renewing = new("The lease of this node cannot be renewed", timeProvider, logger);

    // The loop that takes sets it, the one that renews may end it.
    private Membership? _membership;
    private volatile bool _mayFindEnded = true;

    // Only the loop that takes touches these.
    private readonly List<NodeEntry> _told = []; // What is to be removed once it is told.
    private IReadOnlyList<NodeEntry>? _ended; // What nodes that have ended left behind, taken and not handed out yet.
    private List<SubscriptionChange>? _taken; // What is not written yet.
    private bool _wasMember;

    /// <summary>
    /// Takes at most <paramref name="max"/> changes, which from now on show in the lists of all nodes and must be told, in their order. Where the store does not answer it is tried again, until it does.
    /// </summary>
    public async Task<List<SubscriptionChange>> TakeAsync(int max, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await TakeOnceAsync(max, cancellationToken);
            }
            catch (EventLogException failure)
            {
                _telling.Failed(failure);
            }

            await Task.Delay(PauseAfterFailure, timeProvider, cancellationToken);
        }
    }

    /// <summary>Removes the ends that were taken and are told now. What fails is done again after the next time.</summary>
    public async Task ToldAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_told.Count > 0)
            {
                await entries.RemoveAsync(_told, cancellationToken);
                _told.Clear();
            }

            // Not when something could be taken already: one that can read and not write has not recovered.
            _telling.Ended();
        }
        catch (EventLogException failure)
        {
            _telling.Failed(failure);
        }
    }

    /// <summary>Renews the lease in good time, and says when to look for nodes that have ended, until cancelled.</summary>
    public async Task KeepLeaseAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // Not all at once, or as many nodes as there are would look for the dead in the same moment, for ever.
            bool isAnswered = await TryRenewAsync(cancellationToken);
            TimeSpan pause = isAnswered ? entries.Lease / RenewalsPerLease * (0.8 + (0.2 * Random.Shared.NextDouble())) : PauseAfterFailure;
            _mayFindEnded = true;
            subscriptions.Wake();
            await Task.Delay(pause, timeProvider, cancellationToken);
        }
    }

    /// <summary>Gives up the lease, so that another node tells the end of what is left at once. If that fails the lease runs out.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _membership) is not { } membership)
        {
            return;
        }

        using var late = new CancellationTokenSource(LongestLeaving, timeProvider);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await entries.LeaveAsync(membership.Node, cancelled.Token);
        }
        catch (Exception failure) when (failure is EventLogException or OperationCanceledException)
        {
            SubscriptionsLog.LeaseLeft(logger, failure);
        }
    }

    private async Task<bool> TryRenewAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _membership) is not { } membership)
        {
            return true;
        }

        try
        {
            if (!await entries.RenewAsync(membership.Node, cancellationToken))
            {
                Interlocked.CompareExchange(ref _membership, null, membership);
            }

            _renewing.Ended();
            return true;
        }
        catch (EventLogException failure)
        {
            _renewing.Failed(failure);
            return false;
        }
    }

    private async Task<List<SubscriptionChange>> TakeOnceAsync(int max, CancellationToken cancellationToken)
    {
        Guid node = (Volatile.Read(ref _membership) ?? await JoinAsync(cancellationToken)).Node;
        if (_ended is null && _mayFindEnded && _told.Count == 0)
        {
            // While something that is told waits to be removed, it would be found, and told, again.
            await TakeEndedAsync(node, Math.Max(1, max / 2), cancellationToken);
        }

        _taken ??= subscriptions.TakeChanges(Math.Max(1, max - (_ended?.Count ?? 0)));
        bool isWritten = await WriteAsync(node, _taken, cancellationToken);

        // Nothing fails from here on: what is handed out now is told.
        List<SubscriptionChange> changes = TakeEnds();
        if (isWritten)
        {
            changes.AddRange(_taken);
        }

        // What was not written belongs to a node that has ended: whoever ends it tells what was known of it, and everything begins anew.
        _taken = null;
        return changes;
    }

    private async Task<Membership> JoinAsync(CancellationToken cancellationToken)
    {
        var membership = new Membership(Guid.NewGuid());
        await entries.JoinAsync(membership.Node, cancellationToken);
        if (_wasMember)
        {
            // Others have told the end of what was listed here or, if the store has lost everything, nobody has, nor that of others.
            await broker.LoseLiveOnlyAsync(cancellationToken);
            _taken = null;
            subscriptions.BeginAnew();
            SubscriptionsLog.Rejoined(logger, membership.Node);
        }

        _wasMember = true;
        Volatile.Write(ref _membership, membership);
        return membership;
    }

    // At most half of what may be told, or many that have ended would keep those who begin waiting.
    private async Task TakeEndedAsync(Guid node, int max, CancellationToken cancellationToken)
    {
        _mayFindEnded = false;
        try
        {
            _ended = await entries.TakeEndedAsync(node, max, cancellationToken);
        }
        finally
        {
            if (_ended is null || _ended.Count == max)
            {
                _mayFindEnded = true;
                subscriptions.Wake();
            }
        }
    }

    private List<SubscriptionChange> TakeEnds()
    {
        var changes = new List<SubscriptionChange>();
        foreach (NodeEntry entry in _ended ?? [])
        {
            _told.Add(entry);
            if (lists.Read(entry) is { } subscription)
            {
                changes.Add(new SubscriptionChange(subscription, IsActive: false, entry.Place));
            }
        }

        _ended = null;
        return changes;
    }

    private async Task<bool> WriteAsync(Guid node, List<SubscriptionChange> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
        {
            return true;
        }

        var added = new List<NodeEntry>();
        var ended = new List<NodeEntry>();
        foreach (SubscriptionChange change in changes)
        {
            (change.IsActive ? added : ended).Add(new NodeEntry(node, change.Number, change.IsActive ? SubscriptionEntry.Write(change.Subscription) : default));
        }

        if (await entries.ChangeAsync(node, added, [.. ended.Select(entry => entry.Key)], cancellationToken))
        {
            _told.AddRange(ended);
            return true;
        }

        Interlocked.Exchange(ref _membership, null);
        subscriptions.Wake();
        return false;
    }

    private sealed record Membership(Guid Node);
}
