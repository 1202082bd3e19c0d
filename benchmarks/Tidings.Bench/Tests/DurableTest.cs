using System.Globalization;

namespace Tidings.Bench;

/// <summary>T4: publishing to a log on disk, beside a log in memory and beside one event in each transaction.</summary>
internal static class DurableTest
{
    private const string Disk = "Tidings, disk";
    private const string Single = "Tidings, disk, one event per transaction";
    private const string Memory = "Tidings, memory";
    private const string Published = "publishedPerSecond";

    public static async Task RunAsync(BenchRun run)
    {
        await using Hub memory = await Hub.InMemoryAsync(Memory, run.Stopping);
        await using Hub disk = await Hub.OnDiskAsync(Disk, run.Stopping);
        await using Hub single = await Hub.OnDiskAsync(Single, run.Stopping, "--set", "Tidings:Broker:BatchEvents=1");
        MeasuredServer[] servers = [memory, disk, single];
        await run.WarmUpAsync("T4", servers, server => ArgumentsFor(run.Options, server, run.Options.FirstWarmUpSeconds));
        Series series = await run.InTurnsAsync(
            "T4", servers, server => ArgumentsFor(run.Options, server, run.Options.WarmUpSeconds), Published, "serverMicrosecondsPerEvent", "benchMicrosecondsPerEvent", "answerP50Milliseconds", "answerP99Milliseconds");
        run.Results.Add(Row.Of("T4", "64 publishers, log on disk: publishes/s", 0, series.Median(Disk, Published)));
        run.Results.Add(Row.Of("T4", "publishes/s × log in memory", 2, Bound.AtLeast, 0.5, series.Ratio(Published, Disk, Memory)));
        run.Results.Add(Row.Of("T4", "publishes/s × one event per transaction", 1, Bound.AtLeast, 20, series.Ratio(Published, Disk, Single)));
    }

    private static IEnumerable<string> ArgumentsFor(BenchOptions options, MeasuredServer server, int warmUpSeconds) =>
    [
        "publish", .. server.PublishOptions, "--publishers", "64", "--payload", "128",
        "--duration", options.Seconds.ToString(CultureInfo.InvariantCulture), "--warm-up", warmUpSeconds.ToString(CultureInfo.InvariantCulture),
    ];
}
