namespace Tidings.Client;

/// <summary>Keeps the last event ID beyond the life of the process, so that a service resumes after its own restart.</summary>
/// <remarks>
/// An event's id is saved when the reader asks for the next one, that is, after the event was handled: after a crash the event being
/// handled comes again, and none is lost. For the same reason a reader that leaves its loop has not confirmed the event it was at; one that calls
/// <see cref="EventSource.Close"/> and lets the loop end has. What the store throws ends the reading.
/// </remarks>
public interface ICursorStore
{
    /// <summary>The last id saved, or null. Called once, before the first connection of a source.</summary>
    ValueTask<string?> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Keeps <paramref name="lastEventId"/> instead of the one before. Never called twice at once.</summary>
    ValueTask SaveAsync(string lastEventId, CancellationToken cancellationToken);
}
