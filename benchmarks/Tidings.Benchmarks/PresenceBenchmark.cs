using System.Globalization;
using Tidings.Benchmarks.Presence;

namespace Tidings.Benchmarks;

/// <summary>
/// How long publishers wait while streams with a hundred matchers each come and go a thousand times a second, with and without their being told as active subscriptions. The flood and the
/// publishers share the machine with the hub: what telling costs is the ratio of the two floods; what the streams themselves cost is in both.
/// </summary>
internal static class PresenceBenchmark
{
    private const int Rounds = 4;
    private const int StreamsPerSecond = 1000;
    private const int Publishers = 2;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    public static async Task RunAsync(TextWriter output)
    {
        string directory = Directory.CreateTempSubdirectory("tidings-bench-").FullName;
        try
        {
            await using HubProcess silent = await HubProcess.StartAsync("--data", Path.Combine(directory, "silent"), "--log", "disk");
            await using HubProcess telling = await HubProcess.StartAsync(
                "--data", Path.Combine(directory, "telling"), "--log", "disk", "--set", "Tidings:Subscriptions:Enabled=true", "--set", "Tidings:Subscriptions:IncludeAnonymous=true");
            (string Name, HubProcess Hub, bool IsFlooded)[] contenders =
                [("no flood", telling, false), ("flood, subscriptions not told", silent, true), ("flood, subscriptions told", telling, true)];
            await MeasureAsync(silent, isFlooded: true); // to warm up, both
            await MeasureAsync(telling, isFlooded: true);
            List<Measured>[] rounds = [.. contenders.Select(_ => new List<Measured>())];
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < contenders.Length; i++)
                {
                    rounds[i].Add(await MeasureAsync(contenders[i].Hub, contenders[i].IsFlooded));
                }
            }

            await output.WriteLineAsync("| What | streams/s | publishes | p50 ms | p99 ms | p99 to no flood |\n|---|---|---|---|---|---|");
            double calm = Median(rounds[0], measured => measured.P99);
            for (int i = 0; i < contenders.Length; i++)
            {
                double p99 = Median(rounds[i], measured => measured.P99);
                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {contenders[i].Name} | {Median(rounds[i], measured => measured.StreamsPerSecond):F0} | {rounds[i].Sum(measured => measured.Publishes)} | {Median(rounds[i], measured => measured.P50):F2} | {p99:F2} | {p99 / calm:F2} |"));
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<Measured> MeasureAsync(HubProcess hub, bool isFlooded)
    {
        using PublishLoad load = await PublishLoad.ConnectAsync(hub.Port, Publishers);
        await using StreamFlood? flood = isFlooded ? StreamFlood.Start(hub.Port, StreamsPerSecond) : null;
        TimeSpan[] taken = await load.MeasureAsync(Time, Pause);
        double streams = flood is null ? 0 : flood.Opened / Time.TotalSeconds;
        Array.Sort(taken);
        return new Measured(streams, taken.Length, taken[taken.Length / 2].TotalMilliseconds, taken[taken.Length * 99 / 100].TotalMilliseconds);
    }

    private static double Median(List<Measured> rounds, Func<Measured, double> figure)
    {
        double[] sorted = [.. rounds.Select(figure).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private sealed record Measured(double StreamsPerSecond, int Publishes, double P50, double P99);
}
