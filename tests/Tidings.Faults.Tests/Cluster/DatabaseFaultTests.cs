using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.Host;

namespace Tidings.Faults.Tests.Cluster;

/// <summary>The database that the nodes share is killed, restarted and paused, its links break, and it fails over to a replica that is behind.</summary>
[Collection(ClusterCollection.Name)]
public sealed class DatabaseFaultTests(ClusterDatabase database)
{
    // Three seconds are promised on a machine of its own; here two cores are shared by the load, three hubs, the database, and whatever else runs.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Route.Straight)]
    [InlineData(Route.Nginx)]
    public async Task Nothing_is_lost_and_no_stream_ends_when_the_database_is_killed_restarted_or_stands_still(Route route)
    {
        await using ClusterRun run = await ClusterRun.StartAsync(new ClusterOptions { Name = "cluster-database", Host = database.NewLog(), Route = route });

        // What stands still behind nginx is the database of hubs that answer as always: only the long form has time for it twice.
        Func<Task<Func<Task>>>[] breaks = route == Route.Nginx && !TortureOptions.IsLong ? [KillAsync, RestartAsync] : [KillAsync, RestartAsync, PauseAsync];
        for (int round = 0; round < (TortureOptions.IsLong ? 50 : 1); round++)
        {
            run.Random.Shuffle(breaks);
            foreach (Func<Task<Func<Task>>> breakIt in breaks)
            {
                await run.WaitAsync(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(600));
                await BreakAsync(run, breakIt);
            }
        }

        CheckReport report = await run.PassAsync();
        Assert.True(report.Gaps == 0, report.ToString());
    }

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

    // Each returns what mends it.
    private async Task<Func<Task>> KillAsync()
    {
        await database.Server.KillAsync();
        return database.Server.StartAgainAsync;
    }

    private async Task<Func<Task>> RestartAsync()
    {
        await database.Server.StopAsync();
        return database.Server.StartAgainAsync;
    }

    private Task<Func<Task>> PauseAsync()
    {
        database.Server.Pause();
        return Task.FromResult<Func<Task>>(() =>
        {
            database.Server.GoOn();
            return Task.CompletedTask;
        });
    }

    private static async Task BreakAsync(ClusterRun run, Func<Task<Func<Task>>> breakIt)
    {
        await using OpenStream first = await run.OpenStreamAsync(0);
        await using OpenStream second = await run.OpenStreamAsync(1);
        run.Note($"the database goes away: {breakIt.Method.Name}");
        Func<Task> mend = await breakIt();
        await run.WaitAsync(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(TortureOptions.IsLong ? 30 : 2));
        Assert.False(await run.IsReadyAsync(run.Address(2)), "A hub says that it is ready without its database.");
        long firstBytes = first.Bytes;
        long secondBytes = second.Bytes;
        await using MachinePauses pauses = MachinePauses.Watch();
        await mend();
        TimeSpan stoodStill = pauses.Total;
        run.Note("the database is back");
        TimeSpan took = await run.AllReadyAsync() - (pauses.Total - stoodStill);
        TestContext.Current.TestOutputHelper?.WriteLine($"{breakIt.Method.Name}: ready {took} after the database");
        Assert.True(took < LongestWait, $"The hubs were ready {took} after the database.");
        await first.GoesOnAfterAsync(firstBytes);
        await second.GoesOnAfterAsync(secondBytes);
    }
}
