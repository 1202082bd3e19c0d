using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.Load;

namespace Tidings.Faults.Tests.Loops;

/// <summary>The proof that the loops can fail: the same server with a log that cannot keep the promise.</summary>
public sealed class MemoryLogTests
{
    [Fact]
    public async Task A_log_in_memory_that_is_killed_is_told_as_a_gap_and_the_checker_counts_what_is_lost()
    {
        await using TortureRun run = await TortureRun.StartAsync(new TortureOptions { Name = "memory-kill", Load = LoadOptions.Restless });
        await run.Load.AllReceiveAsync(); // a chain without a place in the log would be told nothing
        await run.WaitAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        // The chains come back to what was published while they were away, and it is gone.
        await run.HoldChainsAsync();
        await run.AcknowledgedAsync(100);
        await run.WaitAsync(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
        await run.KillAsync();
        await run.StartServerAsync();
        run.Load.ForgetReceived();
        run.ReleaseChains();
        await run.Load.AllReceiveAsync(); // a last event that is published before a gap is told would be among what is missing, and waited for in vain

        CheckReport report = await run.PassAsync();

        Assert.True(report.Gaps > 0, report.ToString());
        Assert.True(report.ToldMissing > 0, report.ToString());
    }
}
