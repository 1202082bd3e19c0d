using System.Globalization;

namespace Tidings.Benchmarks;

/// <summary>T10: from the start of the process to the first good answer; with an empty log, and with a million events.</summary>
internal static class StartBenchmark
{
    private const int Rounds = 5;

    public static async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync();
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"## T10: start, from exec to the first good answer, {Rounds} starts in turns, each after the last one was killed"));
        await output.WriteLineAsync();
        using BenchLog empty = await BenchLog.FillAsync(0, dataBytes: 128);
        using BenchLog full = await BenchLog.FillAsync(1_000_000, dataBytes: 128);
        (string Name, string[] Arguments)[] sides =
        [
            ("log in memory", ["--log", "memory"]),
            ("empty log on disk", ["--data", empty.Path]),
            ("1,000,000 events on disk", ["--data", full.Path]),
        ];
        var times = new List<double>[] { [], [], [] };
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < sides.Length; i++)
            {
                await using HubProcess hub = await HubProcess.StartAsync(sides[i].Arguments);
                times[i].Add(hub.Started.TotalSeconds);
                using PublishLoad load = await PublishLoad.ConnectAsync(hub.Port, publishers: 4);
                await load.RunAsync(TimeSpan.FromMilliseconds(200)); // so that the next start finds a write-ahead log
            }
        }

        await output.WriteLineAsync("| | median | slowest |");
        await output.WriteLineAsync("|---|---|---|");
        for (int i = 0; i < sides.Length; i++)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| {sides[i].Name} | {LogBenchmark.Median(times[i]):0.00} s | {times[i].Max():0.00} s |"));
        }

        await output.FlushAsync();
    }
}
