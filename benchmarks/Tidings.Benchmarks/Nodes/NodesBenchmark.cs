using System.Globalization;
using Tidings.Testing;

namespace Tidings.Benchmarks;

/// <summary>
/// What several nodes on one PostgreSQL cost and give, beside one hub with its log on disk: publishing, the way of an event from one node to another, and fan-out. Each hub is a process of its own; all sides of a
/// table are measured in one run, in turns.
/// </summary>
internal static class NodesBenchmark
{
    private const int Publishers = 64;
    private const int Rounds = 5;
    private const int MostNodes = 3;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $".NET {Environment.Version}, {Environment.ProcessorCount} cores, shared by the hubs, PostgreSQL and the load. A write of 4 KiB and its sync: {SyncTime.Measure(Path.GetTempPath())}."));
        string directory = Directory.CreateTempSubdirectory("tidings-bench-").FullName;
        await using PostgresServer postgres = await PostgresServer.StartAsync("-c shared_buffers=256MB");
        var hubs = new List<HubProcess>();
        try
        {
            hubs.Add(await HubProcess.StartAsync("--data", directory));
            for (int i = 0; i < MostNodes; i++)
            {
                hubs.Add(await HubProcess.StartAsync("--log", postgres.ConnectionString()));
            }

            await MeasurePublishingAsync(output, hubs);
            await MeasureLatencyAsync(output, hubs);
            await MeasureFanOutAsync(output, hubs);
        }
        finally
        {
            foreach (HubProcess hub in hubs)
            {
                await hub.DisposeAsync();
            }

            Directory.Delete(directory, recursive: true);
        }

        await LockBenchmark.RunAsync(output, postgres);
    }

    private static async Task MeasurePublishingAsync(TextWriter output, List<HubProcess> hubs)
    {
        var sides = new List<(string Name, List<PublishLoad> Loads)> { ("one hub, SQLite `disk`", [await PublishLoad.ConnectAsync(hubs[0].Port, Publishers)]) };
        for (int nodes = 1; nodes <= MostNodes; nodes++)
        {
            var loads = new List<PublishLoad>();
            for (int i = 0; i < nodes; i++)
            {
                loads.Add(await PublishLoad.ConnectAsync(hubs[1 + i].Port, (Publishers + i) / nodes));
            }

            sides.Add(($"{nodes} {(nodes == 1 ? "node" : "nodes")}, PostgreSQL", loads));
        }

        double[][] speeds = [.. sides.Select(_ => new double[Rounds])];
        for (int round = -1; round < Rounds; round++)
        {
            for (int i = 0; i < sides.Count; i++)
            {
                double speed = (await Task.WhenAll(sides[i].Loads.Select(load => load.RunAsync(Turn)))).Sum();
                if (round >= 0)
                {
                    speeds[i][round] = speed;
                }
            }
        }

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"\n## Publishing, {Publishers} publishers, 128 bytes of data, medians of {Rounds} turns of {Turn.TotalSeconds} s\n\n| log | events/s | × SQLite |\n|---|---|---|"));
        for (int i = 0; i < sides.Count; i++)
        {
            double ratio = LogBenchmark.Median(Enumerable.Range(0, Rounds).Select(round => speeds[i][round] / speeds[0][round]));
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| {sides[i].Name} | {LogBenchmark.Median(speeds[i]):n0} | {ratio:0.00} |"));
            sides[i].Loads.ForEach(load => load.Dispose());
        }
    }

    private static async Task MeasureLatencyAsync(TextWriter output, List<HubProcess> hubs)
    {
        const int Events = 500;
        (string Name, int From, int To)[] ways = [("one hub, SQLite `disk`", 0, 0), ("PostgreSQL, at the node that was published to", 1, 1), ("PostgreSQL, at another node", 1, 2)];
        await output.WriteLineAsync($"\n## From the publish to the stream, one event after the other, {Events} events\n\n| way | p50 | p99 |\n|---|---|---|");
        foreach ((string name, int from, int to) in ways)
        {
            double[] taken = await LatencyProbe.MeasureAsync(hubs[from].Port, hubs[to].Port, Events);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| {name} | {LogBenchmark.Median(taken):0.00} ms | {LogBenchmark.Percentile(taken, 0.99):0.00} ms |"));
        }
    }

    private static async Task MeasureFanOutAsync(TextWriter output, List<HubProcess> hubs)
    {
        const int Streams = 1000;
        const int Events = 2000;
        double[][] costs = [new double[Rounds], new double[Rounds]];
        for (int round = -1; round < Rounds; round++)
        {
            for (int i = 0; i < costs.Length; i++)
            {
                double cost = await FanOutProbe.MeasureAsync(hubs[i], Streams, Events);
                if (round >= 0)
                {
                    costs[i][round] = cost;
                }
            }
        }

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"\n## Fan-out, {Streams} streams, 16 publishers, {Events} events, medians of {Rounds} turns\n\n| log | µs of the hub's CPU per delivery | × SQLite |\n|---|---|---|"));
        string[] names = ["one hub, SQLite `disk`", "one node, PostgreSQL"];
        for (int i = 0; i < costs.Length; i++)
        {
            double ratio = LogBenchmark.Median(Enumerable.Range(0, Rounds).Select(round => costs[i][round] / costs[0][round]));
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| {names[i]} | {LogBenchmark.Median(costs[i]):0.00} | {ratio:0.00} |"));
        }
    }
}
