using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.Host;

namespace Tidings.Faults.Tests.Cluster;

/// <summary>The database that the nodes share is killed, restarted and paused, its links break, and it fails over to a replica that is behind.</summary>
[Collection(ClusterCollection.Name)]
public sealed class DatabaseFaultTests(ClusterDatabase database)
{
    // Three seconds are promised on a machine of its own; here two cores are shared by the load, three hubs, the database, and whatever else runs.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    [Fact]
    public Task Nothing_is_lost_when_the_database_is_killed_and_started_again() => BreakAsync("cluster-database-kill", async () =>
    {
        await database.Server.KillAsync();
        return database.Server.StartAgainAsync;
    });

    [Fact]
    public Task Nothing_is_lost_when_the_database_is_restarted_in_order() => BreakAsync("cluster-database-restart", async () =>
    {
        await database.Server.StopAsync();
        return database.Server.StartAgainAsync;
    });

    [Fact]
    public Task Nothing_is_lost_when_the_database_stands_still() => BreakAsync("cluster-database-pause", () =>
    {
        database.Server.Pause();
        return Task.FromResult<Func<Task>>(() =>
        {
            database.Server.GoOn();
            return Task.CompletedTask;
        });
    });

    [Fact]
    public async Task A_link_to_the_database_that_breaks_again_and_again_loses_nothing_and_repeats_nothing()
    {
        CheckReport report = await ClusterScenarios.BrokenLinksAsync(database.Server, new HostOptions(), bug: null);

        Assert.True(report.Faults.Count == 0, report.ToString());
    }

    [Fact]
    public async Task A_failover_that_loses_acknowledged_events_is_told_to_every_chain_that_is_concerned()
    {
        for (int round = 0; round < (TortureOptions.IsLong ? 20 : 1); round++)
        {
            CheckReport report = await ClusterScenarios.FailOverAsync(new HostOptions(), bug: null);

            Assert.True(report.Faults.Count == 0 && report.Gaps > 0, report.ToString());
        }
    }

    [Fact]
    public async Task Events_that_are_missing_in_the_middle_of_the_log_are_told()
    {
        CheckReport report = await ClusterScenarios.HoleAsync(database.Server, new HostOptions(), bug: null);

        Assert.True(report.Faults.Count == 0 && report.Gaps > 0, report.ToString());
    }

    // Breaking returns what mends it.
    private async Task BreakAsync(string name, Func<Task<Func<Task>>> breakIt)
    {
        await using ClusterRun run = await ClusterRun.StartAsync(new ClusterOptions { Name = name, Host = database.NewLog() });
        for (int round = 0; round < (TortureOptions.IsLong ? 50 : 1); round++)
        {
            await run.WaitAsync(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(900));
            await using OpenStream first = await OpenStream.OpenAsync(run.Address(0));
            await using OpenStream second = await OpenStream.OpenAsync(run.Address(1));
            run.Note("the database goes away");
            Func<Task> mend = await breakIt();
            await run.WaitAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(TortureOptions.IsLong ? 30 : 3));
            Assert.False(await run.IsReadyAsync(run.Address(2)), "A hub says that it is ready without its database.");
            long firstBytes = first.Bytes;
            long secondBytes = second.Bytes;
            await mend();
            run.Note("the database is back");
            TimeSpan took = await run.AllReadyAsync();
            TestContext.Current.TestOutputHelper?.WriteLine($"ready {took} after the database");
            Assert.True(took < LongestWait, $"The hubs were ready {took} after the database.");
            await first.GoesOnAfterAsync(firstBytes);
            await second.GoesOnAfterAsync(secondBytes);
        }

        CheckReport report = await run.PassAsync();
        Assert.True(report.Gaps == 0, report.ToString());
    }
}
