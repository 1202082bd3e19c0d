using System.Diagnostics;

namespace Tidings.Benchmarks;

/// <summary>How long the disk takes to say that it has something: without it a figure for a durable log says nothing.</summary>
internal static class SyncTime
{
    private const int Rounds = 500;

    public static string Measure(string directory)
    {
        string path = Path.Combine(directory, $"tidings-sync-{Environment.ProcessId}");
        double[] times = new double[Rounds];
        byte[] page = new byte[4096];
        using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose))
        {
            for (int i = 0; i < Rounds; i++)
            {
                long start = Stopwatch.GetTimestamp();
                file.Write(page);
                file.Flush(flushToDisk: true);
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        return FormattableString.Invariant($"median {LogBenchmark.Median(times):0.00} ms, p99 {LogBenchmark.Percentile(times, 0.99):0.00} ms");
    }
}
