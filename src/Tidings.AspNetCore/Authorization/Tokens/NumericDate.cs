using System.Text.Json;

namespace Tidings;

/// <summary>Times in tokens (RFC 7519, section 2): seconds since 1970, perhaps with a fraction.</summary>
internal static class NumericDate
{
    /// <summary>The last second of the year 9999, where the calendar of .NET ends.</summary>
    public const long MaxSeconds = 253_402_300_799;

    /// <summary>Reads a time claim. A missing one is null; false for anything that is no time.</summary>
    public static bool TryRead(JsonElement payload, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!payload.TryGetProperty(name, out JsonElement value))
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDecimal(out decimal seconds) || seconds is < 0 or > MaxSeconds)
        {
            return false;
        }

        time = DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
        return true;
    }
}
