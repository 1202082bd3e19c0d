using Tidings.Faults.Tests.Host;

namespace Tidings.Faults.Tests.Loops;

/// <summary>The server stands still, as on a machine that swaps or a virtual one that is moved, and goes on.</summary>
public sealed class StandStillTests
{
    [Fact]
    public async Task A_server_that_stood_still_goes_on_where_it_was()
    {
        (int rounds, int longestSeconds) = TortureOptions.IsLong ? (50, 30) : (3, 3);
        using var data = new DataDirectory();
        await using TortureRun run = await TortureRun.StartAsync(new TortureOptions { Name = "stand-still", Host = new HostOptions { DataDirectory = data.Path } });
        for (int round = 0; round < rounds; round++)
        {
            await run.WaitAsync(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5));
            run.Note("SIGSTOP");
            run.Host.Send(Signal.Stop);
            await run.WaitAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(longestSeconds));
            run.Note("SIGCONT");
            run.Host.Send(Signal.Continue);
        }

        await run.PassAsync();
    }
}
