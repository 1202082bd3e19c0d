using System.Globalization;

namespace Tidings.Bench;

/// <summary>T1, T2 and T3: events to open streams, each publisher sending the next when the last was answered.</summary>
internal static class FanOutTest
{
    private const string Cost = "serverMicrosecondsPerDelivery";
    private const string OwnCost = "benchMicrosecondsPerDelivery";
    private const string Latency = "latencyP50Milliseconds";
    private const string Deliveries = "deliveriesPerSecond";
    private const string Published = "publishedPerSecond";

    public static Work OnePublisher { get; } = new("T1", Topics: 1, Publishers: 1, AddOnePublisher);

    public static Work ManyPublishers { get; } = new("T2", Topics: 1, Publishers: 64, AddManyPublishers);

    public static Work ManyTopics { get; } = new("T3", Topics: 1000, Publishers: 64, AddManyTopics);

    public static async Task RunAsync(BenchRun run, Work work)
    {
        await using Hub hub = await Hub.InMemoryAsync(Hub.UsualName, run.Stopping);
        await using Nchan nchan = await Nchan.StartAsync(run.Stopping);
        await using InBoxApp inBox = await InBoxApp.StartAsync(run.Stopping);
        MeasuredServer[] servers = [hub, nchan, inBox];
        await run.WarmUpAsync(work.Test, servers, server => ArgumentsFor(run.Options, work, server, run.Options.FirstWarmUpSeconds));
        Series series = await run.InTurnsAsync(
            work.Test, servers, server => ArgumentsFor(run.Options, work, server, run.Options.WarmUpSeconds), Cost, OwnCost, Deliveries, Published, Latency, "latencyP99Milliseconds");
        work.AddRows(run.Results, series);
        AddOwnCost(run.Results, work.Test, series);
        run.Results.AddChecks(work.Test, series);
    }

    private static IEnumerable<string> ArgumentsFor(BenchOptions options, Work work, MeasuredServer server, int warmUpSeconds) =>
    [
        "fan-out", .. server.FanOutOptions, "--streams", "1000", "--payload", "128",
        "--topics", Text(work.Topics), "--publishers", Text(work.Publishers), "--duration", Text(options.Seconds), "--warm-up", Text(warmUpSeconds),
    ];

    private static void AddOnePublisher(ResultTables results, Series series)
    {
        results.Add(Row.Of("T1", "fan-out, 1 publisher: µs/delivery", 2, Bound.AtMost, 6.0, series.Median(Hub.UsualName, Cost), series.Median(Nchan.UsualName, Cost), series.Median(InBoxApp.UsualName, Cost)));
        results.Add(Row.Of("T1", "µs/delivery × Nchan", 2, Bound.AtMost, 0.7, series.Ratio(Cost, Hub.UsualName, Nchan.UsualName)));
        results.Add(Compared("T1", "p50 latency, ms", Latency, 2, series));
        results.Add(Plain("T1", "deliveries/s", Deliveries, 0, series));
    }

    private static void AddManyPublishers(ResultTables results, Series series)
    {
        results.Add(Row.Of("T2", "fan-out, 64 publishers: µs/delivery", 3, Bound.AtMost, 0.5, series.Median(Hub.UsualName, Cost), series.Median(Nchan.UsualName, Cost), series.Median(InBoxApp.UsualName, Cost)));
        results.Add(Row.Of("T2", "µs/delivery × in-box", 2, Bound.AtMost, 0.5, series.Ratio(Cost, Hub.UsualName, InBoxApp.UsualName)));
        results.Add(Row.Of(
            "T2", "deliveries/s", 0, Bound.AtLeast, 2_000_000, series.Median(Hub.UsualName, Deliveries), series.Median(Nchan.UsualName, Deliveries), series.Median(InBoxApp.UsualName, Deliveries)));
        results.Add(Plain("T2", "p50 latency, ms", Latency, 2, series));
    }

    private static void AddManyTopics(ResultTables results, Series series)
    {
        results.Add(Plain("T3", "1,000 topics, 64 publishers: publishes/s", Published, 0, series));
        results.Add(Row.Of("T3", "publishes/s × Nchan", 2, Bound.AtLeast, 1.5, series.Ratio(Published, Hub.UsualName, Nchan.UsualName)));
        results.Add(Plain("T3", "µs/event", Cost, 2, series));
    }

    private static Row Plain(string test, string what, string figure, int decimals, Series series) =>
        Row.Of(test, what, decimals, series.Median(Hub.UsualName, figure), series.Median(Nchan.UsualName, figure), series.Median(InBoxApp.UsualName, figure));

    private static Row Compared(string test, string what, string figure, int decimals, Series series)
    {
        double limit = series.Median(Nchan.UsualName, figure);
        Row row = Plain(test, what, figure, decimals, series);
        return row with { Target = "≤ Nchan", Verdict = Row.VerdictOf(Bound.AtMost, limit, series.Median(Hub.UsualName, figure)) };
    }

    private static void AddOwnCost(ResultTables results, string test, Series series)
    {
        string[] dearer = [.. ((string[])[Hub.UsualName, Nchan.UsualName, InBoxApp.UsualName]).Where(server => series.Median(server, OwnCost) > series.Median(server, Cost))];
        Row row = Plain(test, "the load's own CPU, µs/delivery", OwnCost, 3, series);
        results.Add(row with { Target = "< server's", Verdict = dearer.Length == 0 ? "" : $"dearer than {string.Join(", ", dearer)}" });
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>What differs between these tests.</summary>
    internal sealed record Work(string Test, int Topics, int Publishers, Action<ResultTables, Series> AddRows);
}
