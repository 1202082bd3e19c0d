namespace Tidings.Testing;

/// <summary>
/// How much memory something costs, measured in a process that has other things to do, too. Pools that a collection has emptied are filled anew, the runtime compiles, and what earlier tests have
/// begun comes to its end: that happens now and then, while what the measured thing costs by itself it costs each time. So what is too much is measured again, and the least counts.
/// </summary>
public static class MemoryUse
{
    private const int Attempts = 3;

    /// <summary>The bytes that the process keeps because they are reachable. For tests beside which nothing else runs.</summary>
    public static long KeptBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>Measures until it is at most <paramref name="enough"/>, three times at most, and returns the least.</summary>
    /// <param name="enough">What is no more measured again.</param>
    /// <param name="measureAsync">One measurement from its beginning.</param>
    public static async Task<double> LeastAsync(double enough, Func<Task<double>> measureAsync)
    {
        double least = double.MaxValue;
        for (int attempt = 0; attempt < Attempts && least > enough; attempt++)
        {
            least = Math.Min(least, await measureAsync());
        }

        return least;
    }

    /// <summary>The bytes that <paramref name="action"/> allocates on this thread, the least of three times.</summary>
    public static long AllocatedBytes(Action action)
    {
        long least = long.MaxValue;
        for (int attempt = 0; attempt < Attempts && least > 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
