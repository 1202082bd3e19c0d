using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.FaultBuild;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Loops;

namespace Tidings.Faults.Tests.Cluster;

/// <summary>Nodes that share a log are killed at each named point on the way of an event, and the same publishers and chains go on.</summary>
[Collection(ClusterCollection.Name)]
public sealed class ClusterKillPointTests(ClusterDatabase database)
{
    // So much is kept that a chain is hardly ever passed by retention, and so little that retention goes on all the time.
    private const int RetainedEvents = 300;

    // Those of the engine are the same over any log; the short form leaves them to the tests of one server.
    private static IEnumerable<KillPoint> Points => TortureOptions.IsLong ? ClusterKillPoints.All.Concat(ClusterKillPoints.OfEngine) : ClusterKillPoints.All;

    private static int Kills => TortureOptions.IsLong ? 20 : 1;

    [Fact]
    public async Task Nodes_that_are_killed_at_any_point_lose_and_repeat_nothing()
    {
        var kills = new Dictionary<string, string>[3];
        HostOptions host = await HostAsync(database.NewLog());
        await using ClusterRun run = await ClusterRun.StartAsync(new ClusterOptions
        {
            Name = "cluster-kill-points",
            Host = host with { Settings = new Dictionary<string, string>(host.Settings) { ["Tidings:PostgresLog:Retention:MaxEvents"] = $"{RetainedEvents}" } },
            Adapt = (node, host) => host with { Environment = kills[node] ?? host.Environment },
            RetainedEvents = RetainedEvents,
        });
        await run.AcknowledgedAsync(RetainedEvents);
        await run.KillNodeAsync(1);
        await run.KillNodeAsync(2);
        run.ShowAll();
        (KillPoint Point, int Pass)[] all =
        [
            .. Enumerable.Repeat(Points.Where(point => point.Phase is KillPhase.Opening or KillPhase.Publishing or KillPhase.TidyingUp), Kills)
                .SelectMany(points => points).Select(point => (point, KillPointTests.PassOf(point.Phase, run.Random))),
        ];
        run.Random.Shuffle(all);

        // Two nodes die again and again, each for itself; there is always one that lives.
        await Task.WhenAll(LiveAsync(1, all[..(all.Length / 2)]), LiveAsync(2, all[(all.Length / 2)..]));

        kills[1] = kills[2] = [];
        await Task.WhenAll(run.StartNodeAsync(1), run.StartNodeAsync(2));
        run.ShowAll();
        await run.PassAsync();

        async Task LiveAsync(int node, (KillPoint Point, int Pass)[] points)
        {
            foreach ((KillPoint point, int pass) in points)
            {
                kills[node] = KillPointTests.Kill(point.Name, pass);
                await run.LiveAndDieAsync(node, point.Name);
            }
        }
    }

    [Fact]
    public async Task A_node_that_is_killed_while_it_makes_the_tables_leaves_them_to_the_next()
    {
        HostOptions host = await HostAsync(database.NewLog());
        foreach (KillPoint point in ClusterKillPoints.All.Where(point => point.Phase == KillPhase.Creation))
        {
            // Each comes further than the one before it.
            await using HostProcess dying = HostProcess.Start(host with { Environment = KillPointTests.Kill(point.Name, pass: 1) });
            Assert.True(await dying.ExitedAsync() == HostProcess.KilledCode, $"The node was not killed at {point.Name}:\n{dying.Log}");
        }

        await using ClusterRun run = await ClusterRun.StartAsync(new ClusterOptions { Name = "cluster-kill-creation", Host = host, Nodes = 1 });
        await run.AcknowledgedAsync(20);
        await run.PassAsync();
    }

    [Fact]
    public async Task A_fork_is_told_once_though_each_node_that_notices_it_is_killed_on_the_way()
    {
        string[] points = [.. ClusterKillPoints.All.Where(point => point.Phase == KillPhase.Forking).Select(point => point.Name)];
        for (int round = 0; round < Kills; round++)
        {
            bool areArmed = true;
            CheckReport report = await ClusterScenarios.FailOverAsync(
                await HostAsync(new HostOptions()),
                bug: null,
                (node, host) => areArmed ? host with { Environment = KillPointTests.Kill(points[node], pass: 1) } : host,
                async (run, promote) =>
                {
                    // One after the other: each goes on with what the one before it has left.
                    run.PauseNode(1);
                    run.PauseNode(2);
                    await promote();
                    await run.DiesAsync(0, points[0]);
                    run.ShowAll();
                    run.ResumeNode(1);
                    await run.DiesAsync(1, points[1]);
                    run.ShowAll();
                    run.ResumeNode(2);
                    await run.DiesAsync(2, points[2]);
                    run.ShowAll();
                    areArmed = false;
                    await Task.WhenAll(Enumerable.Range(0, points.Length).Select(run.StartNodeAsync));
                    run.ShowAll();
                });

            Assert.True(report.Faults.Count == 0 && report.Gaps > 0, report.ToString());
        }
    }

    private static async Task<HostOptions> HostAsync(HostOptions log) => log with { Binaries = await SwitchedHost.DirectoryAsync() };
}
