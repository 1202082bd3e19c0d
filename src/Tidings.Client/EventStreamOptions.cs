namespace Tidings.Client;

/// <summary>The limits of one event stream, and what its decoder reports. A stream that goes beyond a limit ends with <see cref="EventStreamLimitException"/>.</summary>
/// <remarks>Immutable; safe for use from several threads.</remarks>
public sealed class EventStreamOptions
{
    /// <summary>The longest line, in bytes without its end. Default 1 MiB; 16 to 1 GiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxLineBytes { get; init => field = InRange(value); } = 1024 * 1024;

    /// <summary>The longest data of one event, in bytes, all its lines joined. Default 4 MiB; 16 to 1 GiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxEventBytes { get; init => field = InRange(value); } = 4 * 1024 * 1024;

    /// <summary>The longest id, in bytes: it returns to the server as a header. Default 4 KiB; 16 to 1 GiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxIdBytes { get; init => field = InRange(value); } = 4 * 1024;

    /// <summary>Whether the decoder hands out comment lines too (<see cref="Utf8Event.IsComment"/>). Default no.</summary>
    public bool ReportComments { get; init; }

    internal static EventStreamOptions Default { get; } = new();

    // The lower bound keeps the field names themselves within a line; the upper one keeps sums of two limits within an int.
    private static int InRange(int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 16);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1024 * 1024 * 1024);
        return value;
    }
}
