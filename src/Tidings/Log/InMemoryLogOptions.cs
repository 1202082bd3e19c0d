namespace Tidings;

/// <summary>What the in-memory log keeps.</summary>
public sealed class InMemoryLogOptions
{
    /// <summary>How many events are kept; the oldest go first. Default 100,000; at least 0, which keeps nothing for replay.</summary>
    public int MaxEvents { get; set; } = 100_000;

    /// <summary>How many bytes of event bodies are kept; the oldest go first. Default 64 MiB; at least 0, which keeps nothing for replay.</summary>
    public long MaxBytes { get; set; } = 64 * 1024 * 1024;
}
