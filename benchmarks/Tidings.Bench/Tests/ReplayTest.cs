using System.Globalization;

namespace Tidings.Bench;

/// <summary>T7: how fast one reader catches up, from the ring in memory and from the database, and what others feel of it meanwhile.</summary>
internal static class ReplayTest
{
    private const string Replayed = "eventsPerSecond";
    private const string Latency = "latencyP99Milliseconds";
    private const string Quiet = "nobody replays";
    private const string Meanwhile = "one reader replays without a pause";
    private const int PayloadBytes = 128;

    public static async Task RunAsync(BenchRun run)
    {
        int events = run.Options.ReplayedEvents;
        string room = Text(2 * events);
        await using (Hub ring = await Hub.InMemoryAsync(
            "Tidings, ring", run.Stopping, "--set", $"Tidings:Broker:RingEvents={room}", "--set", $"Tidings:Broker:RingBytes={1 << 30}",
            "--set", $"Tidings:MemoryLog:MaxEvents={room}", "--set", $"Tidings:MemoryLog:MaxBytes={1 << 30}"))
        {
            await ReplayAsync(run, ring, $"replay of {events:n0} events from the ring, events/s", atLeast: 500_000);
        }

        // The ring keeps 8,192 events unless told otherwise: all others come from the database.
        await using Hub disk = await Hub.OnDiskAsync("Tidings, SQLite", run.Stopping);
        await ReplayAsync(run, disk, $"replay of {events:n0} events from SQLite, events/s", atLeast: 200_000);
        await CompareLatenciesAsync(run, disk, (long)events * PayloadBytes);
    }

    private static async Task ReplayAsync(BenchRun run, Hub hub, string what, double atLeast)
    {
        run.Say($"T7: {hub.Name}");
        Measurement measured = await run.MeasureAsync(
            "T7", hub, ["replay", .. hub.FanOutOptions, "--events", Text(run.Options.ReplayedEvents), "--payload", Text(PayloadBytes), "--rounds", Text(run.Options.Rounds)]);
        run.Results.Add(Row.Of("T7", what, 0, Bound.AtLeast, atLeast, measured[Replayed]));
        run.Results.AddRounds("T7", new Series([[measured]]), ["eventsPerSecondLeast", Replayed, "eventsPerSecondMost", "serverMicrosecondsPerEvent", "benchMicrosecondsPerEvent"]);
    }

    private static async Task CompareLatenciesAsync(BenchRun run, Hub hub, long replayedBytes)
    {
        string[] live = ["fan-out", .. hub.FanOutOptions, "--streams", "10", "--rate", "200", "--duration", Text(run.Options.Seconds), "--warm-up", Text(run.Options.WarmUpSeconds)];
        var rounds = new List<IReadOnlyList<Measurement>>();
        for (int round = 1; round <= run.Options.Rounds; round++)
        {
            run.Say($"T7: latency of others, round {round} of {run.Options.Rounds}");
            Measurement quiet = await run.MeasureAsync("T7", hub, live);
            Measurement meanwhile;
            await using (EagerReader.Start(hub.Port, replayedBytes))
            {
                meanwhile = await run.MeasureAsync("T7", hub, live);
            }

            rounds.Add([quiet with { Server = Quiet }, meanwhile with { Server = Meanwhile }]);
        }

        var series = new Series(rounds);
        run.Results.Add(Row.Of("T7", "p99 latency of others at 200/s, ms", 2, series.Median(Quiet, Latency)));
        run.Results.Add(Row.Of("T7", "the same while one reader replays from SQLite", 2, series.Median(Meanwhile, Latency)));
        run.Results.Add(Row.Of("T7", "ratio of the two", 2, Bound.AtMost, 2, series.Ratio(Latency, Meanwhile, Quiet)));
        run.Results.AddRounds("T7", series, ["latencyP50Milliseconds", Latency, "overdue", "serverCpuSeconds"]);
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
