namespace Tidings;

/// <summary>A run of events read from the log in one snapshot.</summary>
/// <param name="Events">The events, in order.</param>
/// <param name="Through">The sequence up to which the page tells everything; the next page is read after it.</param>
/// <param name="Floor">The oldest sequence that could be read in the same snapshot. Above the first sequence asked for, events are missing.</param>
public sealed record LogPage(IReadOnlyList<LoggedEvent> Events, long Through, long Floor)
{
    /// <summary>Floors of the same snapshot above <see cref="Floor"/>, for topics of which less is kept. Default: none.</summary>
    public IReadOnlyList<TopicFloor> TopicFloors { get; init; } = [];

    /// <summary>
    /// Whether the log has lost events that were handed out or acknowledged before: this page, which follows all of them, begins another branch. Only in pages of <see cref="IEventLog.TailAsync"/>. Default: no.
    /// </summary>
    public bool IsFork { get; init; }
}
