namespace Tidings;

/// <summary>Why a subscriber's stream ended.</summary>
public enum CloseReason
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The subscriber left.</summary>
    Left,

    /// <summary>The broker stops; the subscriber was given everything that was committed before.</summary>
    Draining,

    /// <summary>The subscriber did not read for the write timeout, or fell behind where that ends a stream (<see cref="SlowReaders.Close"/>).</summary>
    TooSlow,
}
