namespace Tidings;

/// <summary>What became of one event that was handed to the log.</summary>
/// <param name="Outcome">Whether it was stored.</param>
/// <param name="Epoch">The life of the log that the place belongs to.</param>
/// <param name="Sequence">The event's place: its own, or that of the one that was stored before under the same key. 0 if there is none.</param>
/// <param name="Tag">The tag of the event at that place; 0 if there is none.</param>
public readonly record struct AppendResult(AppendOutcome Outcome, uint Epoch, long Sequence, ulong Tag);

/// <summary>Whether an event was stored.</summary>
public enum AppendOutcome
{
    /// <summary>The event was stored, at the place told.</summary>
    Stored,

    /// <summary>The same event was stored before under the same idempotency key, at the place told. It was not stored again.</summary>
    Repeated,

    /// <summary>The idempotency key was used before for another event. Nothing was stored.</summary>
    KeyReused,
}
