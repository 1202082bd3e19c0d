using System.Globalization;

namespace Tidings.Bench;

/// <summary>T5: memory of streams on which nothing happens. Each server is started afresh for each round, because what earlier work has left to it would hide what a stream costs.</summary>
internal static class IdleTest
{
    private const string Memory = "kibibytesPerStream";

    private static readonly Func<CancellationToken, Task<MeasuredServer>>[] Starts =
    [
        async stopping => await Hub.InMemoryAsync(Hub.UsualName, stopping),
        async stopping => await Nchan.StartAsync(stopping),
        async stopping => await InBoxApp.StartAsync(stopping),
    ];

    public static async Task RunAsync(BenchRun run)
    {
        var rounds = new List<IReadOnlyList<Measurement>>();
        for (int round = 1; round <= run.Options.Rounds; round++)
        {
            var measured = new List<Measurement>();
            foreach (Func<CancellationToken, Task<MeasuredServer>> start in Starts)
            {
                await using MeasuredServer server = await start(run.Stopping);
                run.Say($"T5: {server.Name}, round {round} of {run.Options.Rounds}");
                measured.Add(await run.MeasureAsync(
                    "T5", server, ["idle", .. server.StreamOptions, "--streams", run.Options.IdleStreams.ToString(CultureInfo.InvariantCulture), "--hold", run.Options.IsShort ? "1" : "5"]));
            }

            rounds.Add(measured);
        }

        var series = new Series(rounds);
        run.Results.AddRounds("T5", series, [Memory, "residentBytesBefore", "residentBytesAfter", "serverCpuSeconds"]);
        run.Results.Add(Row.Of(
            "T5", "idle stream, KiB of RSS", 2, Bound.AtMost, 11.5, series.Median(Hub.UsualName, Memory), series.Median(Nchan.UsualName, Memory), series.Median(InBoxApp.UsualName, Memory)));
    }
}
