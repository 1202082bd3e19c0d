using System.Globalization;

namespace Tidings.Benchmarks;

/// <summary>T4: 64 publishers over HTTP, and the broker alone; the log in memory, on disk, and on disk with one event in each transaction.</summary>
internal static class DurableBenchmark
{
    private const int Publishers = 64;
    private const int Rounds = 5;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    private static readonly (string Name, string[] Arguments)[] Hubs =
    [
        ("in memory", ["--log", "memory"]),
        ("`disk`, one event per transaction", ["--durability", "disk", "--set", "Tidings:Broker:BatchEvents=1"]),
        ("`disk`", ["--durability", "disk"]),
        ("`os`", ["--durability", "os"]),
        ("`memory` (file, not synced)", ["--durability", "memory"]),
    ];

    public static async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync();
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"## T4: publishing, {Publishers} publishers, 128 bytes of data, medians of {Rounds} turns of {Turn.TotalSeconds} s"));
        await output.WriteLineAsync();
        double[][] overHttp = await MeasureHubsAsync();
        await WriteTableAsync(output, "Over HTTP, each hub a process of its own", overHttp);
        double[][] alone = await MeasureBrokersAsync();
        await WriteTableAsync(output, "The broker alone, in this process", alone);
    }

    private static async Task<double[][]> MeasureHubsAsync()
    {
        var hubs = new List<(HubProcess Hub, PublishLoad Load, string? Directory)>();
        foreach ((_, string[] arguments) in Hubs)
        {
            string? directory = arguments is ["--log", "memory"] ? null : Directory.CreateTempSubdirectory("tidings-bench-").FullName;
            HubProcess hub = await HubProcess.StartAsync(directory is null ? arguments : [.. arguments, "--data", directory]);
            hubs.Add((hub, await PublishLoad.ConnectAsync(hub.Port, Publishers), directory));
        }

        try
        {
            return await InTurnsAsync([.. hubs.Select<(HubProcess, PublishLoad Load, string?), Func<Task<double>>>(hub => () => hub.Load.RunAsync(Turn))]);
        }
        finally
        {
            foreach ((HubProcess hub, PublishLoad load, string? directory) in hubs)
            {
                load.Dispose();
                await hub.DisposeAsync();
                Delete(directory);
            }
        }
    }

    private static async Task<double[][]> MeasureBrokersAsync()
    {
        var brokers = new List<(Broker Broker, IEventLog Log, string? Directory)>();
        foreach ((string name, string[] arguments) in Hubs)
        {
            string? directory = arguments is ["--log", "memory"] ? null : Directory.CreateTempSubdirectory("tidings-bench-").FullName;
            IEventLog log = directory is null
                ? new InMemoryEventLog()
                : SqliteEventLog.Open(new SqliteLogOptions { Directory = directory, Durability = Enum.Parse<Durability>(arguments[1], ignoreCase: true) }, TimeProvider.System);
            int batch = name.Contains("one event", StringComparison.Ordinal) ? 1 : new BrokerOptions().BatchEvents;
            brokers.Add((new Broker(new BrokerOptions { BatchEvents = batch }, log, TimeProvider.System), log, directory));
        }

        try
        {
            return await InTurnsAsync([.. brokers.Select<(Broker Broker, IEventLog, string?), Func<Task<double>>>(side => () => PublishAsync(side.Broker))]);
        }
        finally
        {
            foreach ((Broker broker, IEventLog log, string? directory) in brokers)
            {
                await broker.DisposeAsync();
                await log.DisposeAsync();
                Delete(directory);
            }
        }
    }

    private static async Task<double> PublishAsync(Broker broker)
    {
        var data = new ServerEvent(new string('x', 128));
        Topic topic = "bench";
        long start = TimeProvider.System.GetTimestamp();
        int[] counts = await Task.WhenAll(Enumerable.Range(0, Publishers).Select(_ => Task.Run(async () =>
        {
            int count = 0;
            while (TimeProvider.System.GetElapsedTime(start) < Turn)
            {
                await broker.PublishAsync(topic, data);
                count++;
            }

            return count;
        })));
        return counts.Sum() / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double[][]> InTurnsAsync(Func<Task<double>>[] sides)
    {
        foreach (Func<Task<double>> side in sides)
        {
            await side();
        }

        double[][] speeds = [.. sides.Select(_ => new double[Rounds])];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < sides.Length; i++)
            {
                speeds[i][round] = await sides[i]();
            }
        }

        return speeds;
    }

    private static async Task WriteTableAsync(TextWriter output, string title, double[][] speeds)
    {
        await output.WriteLineAsync($"{title}:");
        await output.WriteLineAsync();
        await output.WriteLineAsync("| log | events/s | × in memory | × one per transaction |");
        await output.WriteLineAsync("|---|---|---|---|");
        for (int i = 0; i < Hubs.Length; i++)
        {
            int side = i;
            double toMemory = LogBenchmark.Median(Enumerable.Range(0, Rounds).Select(round => speeds[side][round] / speeds[0][round]));
            double toSingle = LogBenchmark.Median(Enumerable.Range(0, Rounds).Select(round => speeds[side][round] / speeds[1][round]));
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| {Hubs[i].Name} | {LogBenchmark.Median(speeds[i]):n0} | {toMemory:0.00} | {toSingle:0.0} |"));
        }

        await output.WriteLineAsync();
        await output.FlushAsync();
    }

    private static void Delete(string? directory)
    {
        if (directory is not null)
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
