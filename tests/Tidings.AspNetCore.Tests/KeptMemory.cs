namespace Tidings.AspNetCore.Tests;

/// <summary>How much memory the process keeps, for tests that run alone.</summary>
internal static class KeptMemory
{
    /// <summary>The bytes that are reachable: what earlier tests have left, some of it until its finalizers have run, does not count.</summary>
    public static long Bytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
