using Tidings.Faults.Tests.Host;

namespace Tidings.Faults.Tests.Loops;

/// <summary>The server stands still, as on a machine that swaps or a virtual one that is moved, and goes on.</summary>
[Collection(AloneCollection.Name)]
public sealed class StandStillTests
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    // Within two heartbeats a client can tell that its stream is dead; the rest is for coming back on a busy machine.
    private static readonly TimeSpan LongestReturn = (2 * Heartbeat) + TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_server_that_stood_still_goes_on_where_it_was()
    {
        (int rounds, int longestSeconds) = TortureOptions.IsLong ? (50, 30) : (2, 3);
        using var data = new DataDirectory();
        await using TortureRun run = await TortureRun.StartAsync(new TortureOptions
        {
            Name = "stand-still",
            Host = new HostOptions { DataDirectory = data.Path, Settings = new Dictionary<string, string> { ["Tidings:HeartbeatInterval"] = $"{Heartbeat}" } },
        });
        await using MachinePauses pauses = MachinePauses.Watch();
        TimeSpan longestReturn = TimeSpan.Zero;
        for (int round = 0; round < rounds; round++)
        {
            await run.WaitAsync(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5));
            run.Note("SIGSTOP");
            run.Host.Send(Signal.Stop);
            await run.WaitAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(longestSeconds));
            run.Note("SIGCONT");
            run.Load.ForgetReceived();
            TimeSpan paused = pauses.Total;
            long continued = TimeProvider.System.GetTimestamp();
            run.Host.Send(Signal.Continue);
            await run.Load.AllReceiveAsync();
            TimeSpan took = TimeProvider.System.GetElapsedTime(continued) - (pauses.Total - paused);
            longestReturn = took > longestReturn ? took : longestReturn;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"all clients received events again after at most {longestReturn}");
        Assert.True(longestReturn <= LongestReturn, $"It took {longestReturn} until every client received events again.");
        await run.PassAsync();
    }
}
