using System.Net;
using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.FaultBuild;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Faults.Tests.Recording;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Cluster;

/// <summary>What is done to several nodes with the product as it is, and with a seeded bug that it must find.</summary>
internal static class ClusterScenarios
{
    private static readonly int MostInFlight = ClusterOptions.Scaled.Publishers * ClusterOptions.Scaled.InFlight;

    // What is wrong shows long before; a run that has not shown it by then is better followed by another.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Load, with clients that go from node to node.</summary>
    public static async Task<CheckReport> WanderAsync(PostgresServer server, HostOptions host, string? bug)
    {
        await using ClusterRun run = await StartAsync("cluster-wander", ClusterDatabase.NewLog(server), host, bug, nodes: 2);
        await run.AcknowledgedAsync(100);
        return await EndAsync(run, bug);
    }

    /// <summary>The connections between the hubs and the database are cut at random bytes of its answers, those to an append among them.</summary>
    public static async Task<CheckReport> BrokenLinksAsync(PostgresServer server, HostOptions host, string? bug)
    {
        const int MostBytes = 600; // a few answers to an append
        int cuts = TortureOptions.IsLong ? 1000 : 40;
        var random = new Random(TortureSeed());
        await using var link = new CuttingProxy(new IPEndPoint(IPAddress.Loopback, server.Port), _ => null);
        string through = server.ConnectionString().Replace($"Port={server.Port}", $"Port={link.Address.Port}", StringComparison.Ordinal);
        await using ClusterRun run = await StartAsync("cluster-links", ClusterDatabase.NewLog(server, through), host, bug, nodes: 2);
        for (int round = 0; link.CutCount < cuts; round++)
        {
            Assert.True(round < 10 * cuts, $"Only {link.CutCount} connections were cut in {round} rounds.");
            await run.AcknowledgedAsync(30);
            link.CutAll(() => new Cut(random.Next(MostBytes), random.Next(2) == 0 ? CutKind.Fin : CutKind.Reset));
        }

        await run.AcknowledgedAsync(30);
        return await EndAsync(run, bug);
    }

    /// <summary>Rows of the log disappear that a node has not read.</summary>
    public static async Task<CheckReport> HoleAsync(PostgresServer server, HostOptions host, string? bug)
    {
        HostOptions log = ClusterDatabase.NewLog(server);
        await using ClusterRun run = await StartAsync(
            "cluster-hole", log, host, bug, nodes: 2, ClusterOptions.Scaled with { Topics = 4, ShortestStay = TimeSpan.FromHours(1), LongestStay = TimeSpan.FromHours(1) });
        await run.Load.AllReceiveAsync();
        run.ShowToPublishers(0);
        run.PauseNode(1);
        await run.AcknowledgedAsync(MostInFlight + 50); // some of the first were stored, and read, before it stood still
        run.Recorder.Add(new LogHole()); // whoever comes to it may be told before the database has answered
        await ClusterDatabase.AskAsync(
            server, log, "DELETE FROM {schema}.event WHERE sequence BETWEEN (SELECT max(sequence) - 30 FROM {schema}.event) AND (SELECT max(sequence) - 10 FROM {schema}.event)");
        run.Recorder.Add(new LogHole());
        await run.AcknowledgedAsync(20);
        run.ResumeNode(1);
        await run.GoOnAsync();
        return await EndAsync(run, bug);
    }

    /// <summary>The database is killed with events that its replica has not received, and the replica takes its place.</summary>
    /// <param name="host">How nodes are started.</param>
    /// <param name="bug">The bug that they have, or null.</param>
    /// <param name="adapt">What is different about a node.</param>
    /// <param name="around">What happens to the nodes when the replica takes the place; promotes it.</param>
    public static async Task<CheckReport> FailOverAsync(
        HostOptions host, string? bug, Func<int, HostOptions, HostOptions>? adapt = null, Func<ClusterRun, Func<Task>, Task>? around = null)
    {
        await using PostgresServer primary = await PostgresServer.StartAsync();
        await using PostgresServer replica = await primary.StartReplicaAsync("-c wal_receiver_timeout=0"); // it would look for another sender
        string both = primary.ConnectionString().Replace($"Host=127.0.0.1;Port={primary.Port}", $"Host=127.0.0.1:{primary.Port},127.0.0.1:{replica.Port}", StringComparison.Ordinal);
        HostOptions log = ClusterDatabase.NewLog(primary, both);
        await using ClusterRun run = await StartAsync("cluster-failover", log, host, bug, nodes: 3, adapt: adapt);
        await run.AcknowledgedAsync(50);

        // From here on nothing reaches the replica, not even what is under way.
        Signals.Send(await SenderAsync(primary, log).WaitAsync(Hang.Limit), Signal.Stop);
        run.Note("nothing reaches the replica");
        await run.AcknowledgedAsync(100);
        run.Load.ForgetReceived();
        await run.Load.AllReceiveAsync(); // a chain that has seen nothing of what is lost would be told nothing
        await primary.KillAsync();
        run.Note("the primary is gone");
        await run.QuietAsync().WaitAsync(Hang.Limit); // what it had said is on its way to the chains
        run.Recorder.Add(new LogForked());
        await (around is null ? PromoteAsync() : around(run, PromoteAsync));
        await run.AllReadyAsync();
        await run.AcknowledgedAsync(30);
        run.Load.ForgetReceived();
        await run.Load.AllReceiveAsync();
        await run.Load.StopPublishingAsync();
        run.Recorder.Add(new LogHolds(await ClusterDatabase.KeysAsync(replica, log)));
        CheckReport report = await EndAsync(run, bug);
        if (bug is null)
        {
            Assert.Equal(1L, await ClusterDatabase.AskAsync(replica, log, "SELECT count(*) FROM {schema}.epoch"));
            Assert.All(run.Recorder.Snapshot().OfType<GapTold>(), gap => Assert.Contains(gap.Reason, (string[])["fork", "rewound", "epoch"]));
        }

        return report;

        async Task PromoteAsync()
        {
            await replica.PromoteAsync();
            run.Note("the replica has taken its place");
        }
    }

    // The process that feeds the replica, when that has all that there is now: it may just have begun.
    private static async Task<int> SenderAsync(PostgresServer primary, HostOptions log)
    {
        object? end = await ClusterDatabase.AskAsync(primary, log, "SELECT pg_current_wal_flush_lsn()::text");
        while (true)
        {
            if (await ClusterDatabase.AskAsync(primary, log, $"SELECT pid FROM pg_stat_replication WHERE flush_lsn >= '{end}'") is int sender)
            {
                return sender;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static int TortureSeed() => new TortureOptions { Name = "" }.Seed;

    private static Task<ClusterRun> StartAsync(string name, HostOptions log, HostOptions host, string? bug, int nodes, LoadOptions? load = null, Func<int, HostOptions, HostOptions>? adapt = null) =>
        ClusterRun.StartAsync(new ClusterOptions
        {
            Name = name,
            Nodes = nodes,
            Host = host with { Database = log.Database, Settings = log.Settings, Environment = BugScenarios.Environment(bug) },
            Load = load ?? ClusterOptions.Scaled,
            Adapt = adapt ?? (static (_, host) => host),
        });

    private static Task<CheckReport> EndAsync(ClusterRun run, string? bug) => bug is null ? run.PassAsync() : HistoryChecker.CheckUntilFaultAsync(run.Recorder, Patience);
}
