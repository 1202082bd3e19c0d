namespace Tidings;

/// <summary>An event that the log holds.</summary>
/// <param name="Sequence">Its place in the order of all events; from 1.</param>
/// <param name="Epoch">The life of the log in which it was stored.</param>
/// <param name="Content">What was published.</param>
public sealed record LoggedEvent(long Sequence, uint Epoch, PendingEvent Content);
