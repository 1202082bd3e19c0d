using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Recording;

namespace Tidings.Faults.Tests.Cluster;

/// <summary>Nodes that share a log are killed, stopped, paused and started again, while clients go from one to the other.</summary>
[Collection(ClusterCollection.Name)]
public sealed class NodeFaultTests(ClusterDatabase database)
{
    private static readonly TimeSpan Forever = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(Route.Straight)]
    [InlineData(Route.Nginx)]
    public async Task Nodes_that_are_killed_at_random_times_lose_nothing_that_they_acknowledged(Route route)
    {
        await using ClusterRun run = await ClusterRun.StartAsync(new ClusterOptions { Name = "cluster-kill", Host = database.NewLog(), Route = route });
        int kills = TortureOptions.IsLong ? 100 : 3;
        for (int kill = 0; kill < kills; kill++)
        {
            await run.WaitAsync(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(1000));
            int node = run.Random.Next(3);
            await run.KillNodeAsync(node);
            run.ShowAll();
            await run.StartNodeAsync(node);
            run.ShowAll();
        }

        await run.PassAsync();
    }

    [Theory]
    [InlineData(Route.Straight)]
    [InlineData(Route.Nginx)]
    public async Task A_rolling_restart_under_load_loses_nothing(Route route)
    {
        ClusterOptions options = new() { Name = "cluster-rolling", Host = database.NewLog(), Route = route };
        await using ClusterRun run = await ClusterRun.StartAsync(options with
        {
            // The hub as it is shipped; its streams never show private events.
            Host = options.Host with { Program = HostProgram.Serve },
            Load = options.Load with { PrivateChains = 0 },
        });
        int restarts = TortureOptions.IsLong ? 30 : route == Route.Nginx ? 1 : 3;
        for (int node = 0; node < restarts; node++)
        {
            await run.AcknowledgedAsync(30);
            Assert.Equal(0, await run.StopNodeAsync(node % 3));
            run.ShowAll();
            await run.StartNodeAsync(node % 3);
            run.ShowAll();
        }

        CheckReport report = await run.PassAsync();
        Assert.True(report.Gaps == 0, report.ToString());
    }

    [Fact]
    public async Task A_client_that_comes_to_a_node_that_lags_misses_nothing_and_is_told_no_gap()
    {
        await using ClusterRun run = await ClusterRun.StartAsync(new ClusterOptions { Name = "cluster-lag", Host = database.NewLog(), Nodes = 2 });
        for (int round = 0; round < (TortureOptions.IsLong ? 500 : 2); round++)
        {
            // Nobody waits at the node that stands still for an answer that it owes.
            run.ShowToPublishers(0);
            await run.HoldChainsAsync();
            run.ShowToChains(0);
            run.PauseNode(1);
            run.Load.ForgetReceived();
            await run.AcknowledgedAsync(60);
            await run.Load.AllReceiveAsync();
            await run.HoldChainsAsync();

            // They knock at a door that is opened in a moment.
            run.ShowToChains(1);
            await run.WaitAsync(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(300));
            run.Load.ForgetReceived();
            run.ResumeNode(1);
            await run.Load.AllReceiveAsync();
        }

        CheckReport report = await run.PassAsync();
        Assert.True(report.Gaps == 0, report.ToString());
    }

    [Fact]
    public async Task What_comes_to_a_node_that_stands_still_goes_on_at_the_others_behind_nginx()
    {
        ClusterOptions options = new() { Name = "cluster-still", Host = database.NewLog(), Route = Route.Nginx };
        await using ClusterRun run = await ClusterRun.StartAsync(options with
        {
            // Three heartbeats, as deployed, but short ones; and nobody hangs up by itself.
            ProxyPatience = TimeSpan.FromSeconds(3),
            Host = options.Host with { Settings = new Dictionary<string, string>(options.Host.Settings) { ["Tidings:HeartbeatInterval"] = "00:00:01" } },
            Load = options.Load with { ShortestStay = Forever, LongestStay = Forever },
        });
        for (int round = 0; round < (TortureOptions.IsLong ? 20 : 1); round++)
        {
            int node = run.Random.Next(3);
            await run.GoOnAsync();
            run.PauseNode(node);
            await run.GoOnAsync();
            run.ResumeNode(node);
            await run.GoOnAsync();
        }

        CheckReport report = await run.PassAsync();
        Assert.True(report.Gaps == 0, report.ToString());
    }

    [Fact]
    public async Task Whoever_listens_at_a_node_that_stood_still_while_retention_went_past_it_is_told_so_and_goes_on()
    {
        const int Kept = 100;
        HostOptions host = database.NewLog();
        host = host with { Settings = new Dictionary<string, string>(host.Settings) { ["Tidings:PostgresLog:Retention:MaxEvents"] = $"{Kept}" } };
        await using ClusterRun run = await ClusterRun.StartAsync(new ClusterOptions
        {
            Name = "cluster-prune",
            Host = host,
            Nodes = 2,
            Load = ClusterOptions.Scaled with { Topics = 4, ShortestStay = Forever, LongestStay = Forever },
            RetainedEvents = Kept,
        });
        await run.Load.AllReceiveAsync();
        run.ShowToPublishers(0);
        run.PauseNode(1);
        await run.AcknowledgedAsync(4 * Kept);

        // Rows stay a while below the floor for nodes that are a moment behind; this one was behind for longer.
        await ClusterDatabase.AskAsync(database.Server, host, "DELETE FROM {schema}.event WHERE sequence < (SELECT floor FROM {schema}.log)");
        run.Recorder.Add(new LogPruned());
        run.ResumeNode(1);
        await run.GoOnAsync();

        CheckReport report = await run.PassAsync();
        Assert.All(run.Recorder.Snapshot().OfType<GapTold>(), gap => Assert.Equal("expired", gap.Reason));
        Assert.True(report.Gaps > 0, report.ToString());
    }

    [Fact]
    public async Task Nodes_whose_clocks_differ_by_an_hour_show_everything_in_one_order()
    {
        HostOptions host = database.NewLog();
        await using ClusterRun run = await ClusterRun.StartAsync(new ClusterOptions
        {
            Name = "cluster-clocks",
            Host = host with { Settings = new Dictionary<string, string>(host.Settings) { ["Tidings:PublishTimeout"] = "00:02:00" } },
            Nodes = 2,
            Adapt = static (node, host) => host with { ClockOffset = TimeSpan.FromMinutes(node == 0 ? 30 : -30) },
        });
        await run.AcknowledgedAsync(TortureOptions.IsLong ? 10_000 : 300);

        CheckReport report = await run.PassAsync();
        Assert.True(report is { Unknown: 0, Gaps: 0 }, report.ToString());
    }
}
