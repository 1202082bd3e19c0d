using System.Diagnostics;

namespace Tidings.Benchmarks;

/// <summary>One way to do the work: does it once and says how many items there were.</summary>
internal sealed record Contender(string Name, Func<Task<long>> RunAsync);

/// <summary>What a contender needs for one item, as the median of all rounds, and its speed in proportion to the first contender's in the same rounds.</summary>
internal sealed record Score(string Name, double ItemsPerSecond, double BytesPerItem, double Ratio);

/// <summary>How often and how long contenders run.</summary>
internal sealed record ContestLength(int Rounds, TimeSpan WarmUp, TimeSpan Turn)
{
    public static ContestLength Usual { get; } = new(Rounds: 9, TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(250));

    public static ContestLength Short { get; } = new(Rounds: 9, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(40));
}

/// <summary>
/// Runs contenders in turn (A B A B …) in one process and takes medians, so that a change of the machine's mood meets all of them.
/// Allocation is counted on the calling thread: contenders must complete synchronously, as reading from memory does.
/// </summary>
internal static class Contest
{
    public static async Task<Score[]> RunAsync(ContestLength length, params Contender[] contenders)
    {
        foreach (Contender contender in contenders)
        {
            await MeasureAsync(contender, length.WarmUp);
        }

        var rounds = new (double Speed, double Bytes)[contenders.Length][];
        for (int i = 0; i < contenders.Length; i++)
        {
            rounds[i] = new (double, double)[length.Rounds];
        }

        for (int round = 0; round < length.Rounds; round++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                rounds[i][round] = await MeasureAsync(contenders[i], length.Turn);
            }
        }

        return
        [
            .. contenders.Select((contender, i) => new Score(
                contender.Name,
                Median(rounds[i].Select(round => round.Speed)),
                Median(rounds[i].Select(round => round.Bytes)),
                Median(rounds[i].Select((round, n) => round.Speed / rounds[0][n].Speed)))),
        ];
    }

    private static async Task<(double Speed, double Bytes)> MeasureAsync(Contender contender, TimeSpan time)
    {
        long items = 0;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        do
        {
            Task<long> running = contender.RunAsync();
            if (!running.IsCompleted)
            {
                throw new InvalidOperationException($"{contender.Name} did not complete synchronously; its allocation cannot be counted.");
            }

            items += await running;
        }
        while (Stopwatch.GetElapsedTime(start) < time);

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (items / seconds, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)items);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
