namespace Tidings;

/// <summary>Some of the events of a log on disk, as <see cref="SqliteLogInspector"/> reads them.</summary>
/// <param name="Events">The events, in the order in which they were asked for.</param>
/// <param name="Unreadable">The sequences, in the same order, where something else stands than what was written.</param>
/// <param name="Next">What to pass to read on; null when there is nothing more.</param>
public sealed record SqliteLogPage(IReadOnlyList<StoredEvent> Events, IReadOnlyList<long> Unreadable, long? Next);
