using System.Globalization;

namespace Tidings.Bench;

/// <summary>What a figure has to reach.</summary>
internal enum Bound
{
    AtMost,
    AtLeast,
}

/// <summary>A line of the table: one figure of every server, and what the hub has to reach. Of a server that was not measured the figure is null.</summary>
internal sealed record Row(string Test, string What, string Target, string Tidings, string Nchan, string InBox, string Verdict)
{
    public const string Nothing = "";

    /// <summary>Figures of the servers, and a bound for the hub's.</summary>
    public static Row Of(string test, string what, int decimals, Bound bound, double limit, double tidings, double? nchan = null, double? inBox = null) => new(
        test,
        what,
        $"{(bound == Bound.AtMost ? '≤' : '≥')} {limit.ToString("#,0.##", CultureInfo.InvariantCulture)}",
        Text(tidings, decimals),
        Text(nchan, decimals),
        Text(inBox, decimals),
        VerdictOf(bound, limit, tidings));

    /// <summary>Figures that have no target by themselves.</summary>
    public static Row Of(string test, string what, int decimals, double tidings, double? nchan = null, double? inBox = null) =>
        new(test, what, Nothing, Text(tidings, decimals), Text(nchan, decimals), Text(inBox, decimals), Nothing);

    public static string VerdictOf(Bound bound, double limit, double value) =>
        double.IsNaN(value) || double.IsNaN(limit) ? "not measured"
        : bound == Bound.AtMost ? (value <= limit ? "met" : "missed")
        : value >= limit ? "met" : "missed";

    public static string Text(double? value, int decimals) => value switch
    {
        null => Nothing,
        double.NaN => "–",
        _ => value.Value.ToString($"N{decimals}", CultureInfo.InvariantCulture),
    };
}
