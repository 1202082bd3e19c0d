namespace Tidings;

/// <summary>How much is kept: as long as no bound is passed. The oldest go first.</summary>
public class Retention
{
    /// <summary>How old an event may become. Default: any age; at least 0.</summary>
    public TimeSpan? MaxAge { get; set; }

    /// <summary>How many events are kept. Default: any number; at least 0.</summary>
    public long? MaxEvents { get; set; }

    /// <summary>How many bytes of event bodies are kept; the files are larger. Default: any number; at least 0.</summary>
    public long? MaxBytes { get; set; }

    /// <summary>Says what is wrong, or null if nothing is.</summary>
    internal virtual string? Complaint() =>
        MaxAge < TimeSpan.Zero ? $"{nameof(MaxAge)} is {MaxAge}; it must be at least 0."
        : MaxEvents < 0 ? $"{nameof(MaxEvents)} is {MaxEvents}; it must be at least 0."
        : MaxBytes < 0 ? $"{nameof(MaxBytes)} is {MaxBytes}; it must be at least 0."
        : null;
}
