namespace Tidings.Bench;

/// <summary>T6: streams that come as fast as the server accepts them.</summary>
internal static class AcceptTest
{
    private const string Accepted = "streamsPerSecond";

    public static async Task RunAsync(BenchRun run)
    {
        await using Hub hub = await Hub.InMemoryAsync(Hub.UsualName, run.Stopping);
        await using Nchan nchan = await Nchan.StartAsync(run.Stopping);
        await using InBoxApp inBox = await InBoxApp.StartAsync(run.Stopping);
        MeasuredServer[] servers = [hub, nchan, inBox];
        await run.WarmUpAsync("T6", servers, ArgumentsFor, run.Options.FirstStorms);
        Series series = await run.InTurnsAsync("T6", servers, ArgumentsFor, Accepted, "serverMicrosecondsPerStream", "benchMicrosecondsPerStream", "firstByteP99Milliseconds");
        run.Results.Add(Row.Of(
            "T6", "streams accepted/s", 0, Bound.AtLeast, 12_000, series.Median(Hub.UsualName, Accepted), series.Median(Nchan.UsualName, Accepted), series.Median(InBoxApp.UsualName, Accepted)));
    }

    private static IEnumerable<string> ArgumentsFor(MeasuredServer server) => ["connect", .. server.StreamOptions, "--streams", "10000"];
}
