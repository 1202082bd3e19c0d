using System.Globalization;

namespace Tidings.Benchmarks;

/// <summary>What the log on disk costs and gives: targets T4, T7 and T10 of the project. All sides of a table are measured in one run, in turns.</summary>
internal static class LogBenchmark
{
    public static async Task RunAsync(TextWriter output, IReadOnlyCollection<string> parts)
    {
        SQLitePCL.Batteries_V2.Init();
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $".NET {Environment.Version}, {Environment.ProcessorCount} cores, shared by the hub and the load."));
        await output.WriteLineAsync();
        await output.WriteLineAsync($"A write of 4 KiB and its sync (fdatasync) where the logs are: {SyncTime.Measure(Path.GetTempPath())}.");
        if (parts.Count == 0 || parts.Contains("durable"))
        {
            await DurableBenchmark.RunAsync(output);
        }

        if (parts.Count == 0 || parts.Contains("replay"))
        {
            await ReplayBenchmark.RunAsync(output);
        }

        if (parts.Count == 0 || parts.Contains("start"))
        {
            await StartBenchmark.RunAsync(output);
        }
    }

    public static double Median(IEnumerable<double> values) => Percentile(values, 0.5);

    public static double Percentile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
    }
}
