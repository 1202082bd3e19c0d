namespace Showcase;

/// <summary>
/// How fast the programs run: the setting <c>Showcase:Pace</c> multiplies every interval, reconnection times included. 1 as the tutorials have it,
/// 0.1 ten times as fast.
/// </summary>
internal sealed record Pace(double Factor)
{
    public static Pace From(IConfiguration configuration)
    {
        double factor = configuration.GetValue("Showcase:Pace", defaultValue: 1.0);
        return factor is >= 0.001 and <= 1000
            ? new Pace(factor)
            : throw new InvalidOperationException($"Showcase:Pace is {factor}; it must be from 0.001 to 1000.");
    }

    /// <summary>So many seconds at this pace; never less than a millisecond, which is as fast as a timer goes.</summary>
    public TimeSpan Seconds(double seconds) => TimeSpan.FromMilliseconds(Math.Max(1, seconds * 1000 * Factor));
}
