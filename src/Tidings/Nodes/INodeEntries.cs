namespace Tidings;

/// <summary>
/// What the nodes on one log tell each other of themselves, beside the log: entries that end with their node. A node has a lease and renews it; when it has run out, another node takes what
/// the dead one left behind. An optional service: without it there is one node, which keeps what it needs in its own memory. Every implementation passes the suite in
/// <c>tests/Tidings.LogContract</c>.
/// </summary>
/// <remarks>
/// <para>A node is one life of a process, named by a random id. A lease that has run out, by however little, is never renewed: its node has ended, and the process joins again under another id. Leases are
/// measured by one clock, that of the store; those of the nodes do not matter.</para>
/// <para>The store may lose everything at once, but never a part of it: a node that is lost finds out when it renews its lease or changes its entries.</para>
/// <para>Whatever fails may have happened all the same. Every member may be called again with the same arguments, and does then what is left to do. Safe for use from several threads.</para>
/// </remarks>
public interface INodeEntries
{
    /// <summary>For how long a node lives without renewing its lease.</summary>
    TimeSpan Lease { get; }

    /// <summary>Begins the life of a node, with a lease and without entries.</summary>
    /// <exception cref="EventLogException">The store does not answer as it should.</exception>
    ValueTask JoinAsync(Guid node, CancellationToken cancellationToken);

    /// <summary>Renews the lease of a node, from now on. No if the node has ended: then it stays as it is.</summary>
    /// <exception cref="EventLogException">The store does not answer as it should.</exception>
    ValueTask<bool> RenewAsync(Guid node, CancellationToken cancellationToken);

    /// <summary>
    /// Adds entries of a node and ends others, in one step. One that has ended is on no list any more, but is kept until it is removed: should the node end before, it is handed to whoever takes what
    /// that node left behind. One that is there already is not added again; one that is not there is not ended. No if the node has ended: then nothing was changed.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="added">The entries to add, all of this node, in the order in which they get their places.</param>
    /// <param name="ended">The keys of the entries to end.</param>
    /// <param name="cancellationToken">Ends the wait: what was asked for may have happened or not.</param>
    /// <exception cref="EventLogException">The store does not answer as it should.</exception>
    ValueTask<bool> ChangeAsync(Guid node, IReadOnlyList<NodeEntry> added, IReadOnlyList<long> ended, CancellationToken cancellationToken);

    /// <summary>Lists the entries that have not ended, after a place, in the order of their places. Those of a node whose lease has run out are listed until somebody takes them, and then never again.</summary>
    /// <param name="place">The place after which the list begins; 0 for its beginning.</param>
    /// <param name="max">How many entries are listed at most; at least 1.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="EventLogException">The store does not answer as it should.</exception>
    ValueTask<IReadOnlyList<NodeEntry>> ListAfterAsync(long place, int max, CancellationToken cancellationToken);

    /// <summary>
    /// Takes what nodes that have ended left behind, whether their entries had ended or not, and forgets nodes that left nothing. From then on the nodes it comes from are ended for good, and nobody else takes
    /// from them for the length of a lease. What is not removed is handed out again.
    /// </summary>
    /// <param name="node">The node that takes.</param>
    /// <param name="max">How many entries are taken at most; at least 1.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="EventLogException">The store does not answer as it should.</exception>
    ValueTask<IReadOnlyList<NodeEntry>> TakeEndedAsync(Guid node, int max, CancellationToken cancellationToken);

    /// <summary>Removes entries, of whatever nodes; those that are not there are no error.</summary>
    /// <exception cref="EventLogException">The store does not answer as it should.</exception>
    ValueTask RemoveAsync(IReadOnlyList<NodeEntry> entries, CancellationToken cancellationToken);

    /// <summary>Ends a node at once: what it leaves behind can be taken from now on.</summary>
    /// <exception cref="EventLogException">The store does not answer as it should.</exception>
    ValueTask LeaveAsync(Guid node, CancellationToken cancellationToken);
}
