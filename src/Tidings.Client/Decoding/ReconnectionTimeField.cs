namespace Tidings.Client.Decoding;

/// <summary>The value of a <c>retry</c> field.</summary>
internal static class ReconnectionTimeField
{
    private static readonly long LongestMilliseconds = (long)TimeSpan.MaxValue.TotalMilliseconds;

    /// <summary>
    /// HTML 9.2.6: "If the field value consists of only ASCII digits, then interpret the field value as an integer in base ten,
    /// and set the event stream's reconnection time to that integer. Otherwise, ignore the field."
    /// </summary>
    /// <returns>The time, at most <see cref="TimeSpan.MaxValue"/> in whole milliseconds however many digits there are; null to ignore the field.</returns>
    public static TimeSpan? Parse(ReadOnlySpan<byte> value)
    {
        if (value.Length == 0 || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return null;
        }

        long milliseconds = 0;
        foreach (byte digit in value)
        {
            milliseconds = milliseconds * 10 + (digit - '0');
            if (milliseconds >= LongestMilliseconds)
            {
                return TimeSpan.FromMilliseconds(LongestMilliseconds);
            }
        }

        return TimeSpan.FromMilliseconds(milliseconds);
    }
}
