using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Faults.Tests.Recording;

namespace Tidings.Faults.Tests.Loops;

/// <summary>What a server knows when it has just been started, before anybody publishes.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task Whoever_was_away_receives_everything_after_a_restart_before_anything_is_published()
    {
        int rounds = TortureOptions.IsLong ? 100 : 2;
        for (int round = 0; round < rounds; round++)
        {
            using var data = new DataDirectory();
            await using TortureRun run = await TortureRun.StartAsync(new TortureOptions
            {
                Name = "restart",
                Host = new HostOptions { DataDirectory = data.Path },
                Load = LoadOptions.Restless,
            });
            await run.WaitAsync(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(1));
            await run.HoldChainsAsync();
            await run.AcknowledgedAsync(100);
            await run.Load.StopPublishingAsync();
            await run.KillAsync();
            await run.StartServerAsync();
            run.ReleaseChains();

            await run.PassWithoutPublishingAsync();
        }
    }

    [Fact]
    public async Task No_id_is_given_a_second_time_after_everything_was_pruned()
    {
        using var data = new DataDirectory();
        var keepsAll = new HostOptions { DataDirectory = data.Path };
        HostOptions keepsNothing = keepsAll with { Settings = new Dictionary<string, string> { ["Tidings:SqliteLog:Retention:MaxEvents"] = "0" } };
        await using TortureRun run = await TortureRun.StartAsync(new TortureOptions { Name = "prune-all", Host = keepsAll, Load = LoadOptions.Restless });
        await run.Load.AllReceiveAsync(); // a chain without a place in the log would be told nothing
        await run.WaitAsync(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
        await run.HoldChainsAsync();
        await run.AcknowledgedAsync(100);
        await run.KillAsync();
        run.HostOptions = keepsNothing;
        await run.BeginServerAsync();
        await run.Host.ReadyAsync();
        await data.WaitUntilEmptyAsync();
        await run.KillUnseenAsync();
        run.Recorder.Add(new LogPruned());
        run.HostOptions = keepsAll;
        await run.StartServerAsync();
        run.ReleaseChains();
        await run.WaitAsync(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));

        CheckReport report = await run.PassAsync();

        // All chains were behind, because publishing went on while they were away.
        Assert.True(report.Gaps > 0, report.ToString());
    }
}
