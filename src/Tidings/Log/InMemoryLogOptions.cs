namespace Tidings;

/// <summary>What the in-memory log keeps.</summary>
public sealed class InMemoryLogOptions
{
    /// <summary>How many events are kept; the oldest go first. Default 100,000; at least 0, which keeps nothing for replay.</summary>
    public int MaxEvents { get; set; } = 100_000;

    /// <summary>How many bytes of event bodies are kept; the oldest go first. Default 64 MiB; at least 0, which keeps nothing for replay.</summary>
    public long MaxBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>For how long a publish that is tried again with its idempotency key is recognised. Default 24 h; at least 0, which recognises none.</summary>
    public TimeSpan IdempotencyWindow { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How many idempotency keys are kept; the oldest go first. Default 100,000; at least 0.</summary>
    public int MaxIdempotencyKeys { get; set; } = 100_000;
}
