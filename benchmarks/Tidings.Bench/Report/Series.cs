namespace Tidings.Bench;

/// <summary>The rounds of one piece of work, each of which has measured every server once. A round in which the figure was not measured does not count.</summary>
internal sealed class Series(IReadOnlyList<IReadOnlyList<Measurement>> rounds)
{
    public IReadOnlyList<IReadOnlyList<Measurement>> Rounds { get; } = rounds;

    public double Median(string server, string figure) => Median(Rounds.Select(round => Find(round, server)[figure]));

    /// <summary>The median of the ratios within each round, so that a mood of the machine that lasts for a round meets both sides.</summary>
    public double Ratio(string figure, string server, string other) => Median(Rounds.Select(round => Find(round, server)[figure] / Find(round, other)[figure]));

    /// <summary>The largest of all rounds.</summary>
    public double Most(string server, string figure) => Rounds.Select(round => Find(round, server)[figure]).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();

    public IEnumerable<Measurement> Of(string server) => Rounds.Select(round => Find(round, server));

    /// <summary>The middle, or the middle of the two in the middle; not a number if there is none.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static Measurement Find(IReadOnlyList<Measurement> round, string server) => round.First(measurement => measurement.Server == server);
}
