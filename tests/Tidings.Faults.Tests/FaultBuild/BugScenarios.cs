using System.Diagnostics;
using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Faults.Tests.Recording;

namespace Tidings.Faults.Tests.FaultBuild;

/// <summary>The scenarios that the checker judges. Each is short, and made so that a bug does not need luck to show.</summary>
internal static class BugScenarios
{
    private const int MostKills = 10;

    // What is wrong shows long before; only a bug that is not found takes so long.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan BetweenKills = TimeSpan.FromSeconds(5);

    private static readonly LoadOptions Brisk = new() { ShortestStay = TimeSpan.FromMilliseconds(50), LongestStay = TimeSpan.FromMilliseconds(300) };

    // So few topics that every chain receives something in any short time.
    private static readonly LoadOptions FewTopics = Brisk with { Topics = 2, EventsPerSecond = 75 };

    /// <summary>Runs a scenario with a bug, or without one.</summary>
    public static Task<CheckReport> RunAsync(BugScenario scenario, string? bug) => scenario switch
    {
        BugScenario.Reconnections => ReconnectAsync(bug),
        BugScenario.KillBeforeCommit => KillBeforeCommitAsync(bug),
        BugScenario.RestartBeforePublish => RestartBeforePublishAsync(bug),
        BugScenario.RestartUnderLoad => RestartUnderLoadAsync(bug),
        BugScenario.PruneAll => PruneAllAsync(bug),
        BugScenario.Fork => ForkAsync(bug),
        BugScenario.Restore => RestoreAsync(bug),
        _ => throw new ArgumentOutOfRangeException(nameof(scenario), scenario, message: null),
    };

    /// <summary>The environment that switches a bug on; null for none.</summary>
    public static Dictionary<string, string> Environment(string? bug) => bug is null ? [] : new() { ["TIDINGS_BUG"] = bug };

    private static Dictionary<string, string> Environment(string? bug, string kill) => new(Environment(bug)) { ["TIDINGS_KILL"] = kill };

    private static async Task<CheckReport> ReconnectAsync(string? bug)
    {
        using var data = new DataDirectory();
        await using TortureRun run = await StartAsync(data, bug, Brisk, new() { ["Tidings:Broker:PendingCapacity"] = "4" });
        await run.AcknowledgedAsync(1000);
        return await EndAsync(run, bug);
    }

    private static async Task<CheckReport> KillBeforeCommitAsync(string? bug)
    {
        using var data = new DataDirectory();
        await using TortureRun run = await StartAsync(data, bug, Brisk, [], kill: KillAtPass(40));
        await run.DiesAsync("before-commit");
        if (bug is not null)
        {
            return await KillUntilFaultAsync(run, bug);
        }

        run.HostOptions = run.HostOptions with { Environment = Environment(bug) };
        await run.StartServerAsync();
        return await run.CheckAsync();
    }

    private static string KillAtPass(int pass) => $"before-commit:{pass}:300";

    // Whether the log was tidied up just before it was killed is chance. If it was, no write-ahead log is missed, and it has to be killed again: there, because a log that is killed in the middle of being
    // tidied up and has lost its write-ahead log is a damaged one, with which no server starts.
    private static async Task<CheckReport> KillUntilFaultAsync(TortureRun run, string bug)
    {
        for (int kills = 1; ; kills++)
        {
            bool isLast = kills == MostKills;
            run.HostOptions = run.HostOptions with { Environment = isLast ? Environment(bug) : Environment(bug, KillAtPass(40 + kills)) };
            await run.StartServerAsync();
            CheckReport report = await HistoryChecker.CheckUntilFaultAsync(run.Recorder, isLast ? Patience : BetweenKills);
            if (report.Faults.Count > 0 || isLast)
            {
                return report;
            }

            await run.DiesAsync("before-commit");
        }
    }

    private static async Task<CheckReport> RestartBeforePublishAsync(string? bug)
    {
        using var data = new DataDirectory();
        await using TortureRun run = await StartAsync(data, bug, Brisk, []);
        await run.AcknowledgedAsync(100);
        await run.Load.AllReceiveAsync(); // a chain without a place in the log would be told nothing
        await run.HoldChainsAsync();
        await run.AcknowledgedAsync(700); // more than one page
        await run.Load.StopPublishingAsync();
        await run.KillAsync();
        await run.StartServerAsync();
        run.ReleaseChains();
        return bug is null ? await run.CheckWithoutPublishingAsync() : await EndAsync(run, bug);
    }

    private static async Task<CheckReport> RestartUnderLoadAsync(string? bug)
    {
        using var data = new DataDirectory();
        await using TortureRun run = await StartAsync(data, bug, new LoadOptions(), []);
        await run.AcknowledgedAsync(100);
        await run.HoldChainsAsync();
        await run.AcknowledgedAsync(700); // more than one page
        await run.KillAsync();
        await run.StartServerAsync();
        run.ReleaseChains();
        return await EndAsync(run, bug);
    }

    private static async Task<CheckReport> PruneAllAsync(string? bug)
    {
        using var data = new DataDirectory();
        await using TortureRun run = await StartAsync(data, bug, Brisk, []);
        await run.AcknowledgedAsync(200);
        await run.Load.AllReceiveAsync(); // a chain without a place in the log would be told nothing
        await run.HoldChainsAsync();
        await run.AcknowledgedAsync(100);
        await run.KillAsync();
        HostOptions keepsAll = run.HostOptions;
        run.HostOptions = keepsAll with { Settings = new Dictionary<string, string> { ["Tidings:SqliteLog:Retention:MaxEvents"] = "0" } };
        await run.BeginServerAsync();
        await run.Host.ReadyAsync();
        await data.WaitUntilEmptyAsync();
        await run.KillUnseenAsync();
        run.Recorder.Add(new LogPruned());
        run.HostOptions = keepsAll;
        await run.StartServerAsync();
        run.ReleaseChains();
        return await EndAsync(run, bug);
    }

    private static async Task<CheckReport> ForkAsync(string? bug)
    {
        using var data = new DataDirectory();
        await using TortureRun run = await StartAsync(data, bug, FewTopics, []);
        await run.AcknowledgedAsync(50);
        await run.KillAsync();
        await run.Load.AllWaitAsync();
        data.Keep();
        int kept = run.Acknowledged();
        run.Load.ForgetReceived();
        await run.StartServerAsync();
        await run.AcknowledgedAsync(200);
        await run.Load.AllReceiveAsync(); // a chain whose place is in the part that is kept would be told nothing
        await run.HoldChainsAsync();
        await run.KillAsync();
        int lost = run.Acknowledged() - kept;
        data.PutBack();
        run.Recorder.Add(new LogLost());
        await run.StartServerAsync();
        await run.AcknowledgedAsync(lost + 300); // past every place that a chain has seen; some that it has seen may not have been acknowledged
        return await EndWithGapsAsync(run, bug);
    }

    // The backup holds everything that the chains have seen, so only its epoch tells that it is not the log that they know.
    private static async Task<CheckReport> RestoreAsync(string? bug)
    {
        using var data = new DataDirectory();
        await using TortureRun run = await StartAsync(data, bug, FewTopics, []);
        await run.Load.AllReceiveAsync(); // a chain without a place in the log would be told nothing
        await run.HoldChainsAsync();
        await data.BackUpAsync();
        await run.AcknowledgedAsync(200);
        await run.KillAsync();
        data.PutBack();
        run.Recorder.Add(new LogLost());
        await run.StartServerAsync();
        await run.AcknowledgedAsync(500);
        return await EndWithGapsAsync(run, bug);
    }

    private static async Task<TortureRun> StartAsync(DataDirectory data, string? bug, LoadOptions load, Dictionary<string, string> settings, string? kill = null)
    {
        return await TortureRun.StartAsync(new TortureOptions
        {
            Name = $"bug-{bug ?? "none"}",
            Host = new HostOptions { Binaries = await SwitchedHost.DirectoryAsync(), DataDirectory = data.Path, Settings = settings, Environment = kill is null ? Environment(bug) : Environment(bug, kill) },
            Load = load,
        });
    }

    private static async Task<CheckReport> EndWithGapsAsync(TortureRun run, string? bug)
    {
        run.Load.ForgetReceived();
        run.ReleaseChains();
        if (bug is null)
        {
            // A last event that is published before the gap is told would be among what is missing, and waited for in vain.
            await run.Load.AllReceiveAsync();
        }

        CheckReport report = await EndAsync(run, bug);
        return bug is not null || report.Gaps > 0 ? report : throw new UnreachableException("Events were lost, and no gap was told.");
    }

    private static Task<CheckReport> EndAsync(TortureRun run, string? bug) => bug is null ? run.CheckAsync() : HistoryChecker.CheckUntilFaultAsync(run.Recorder, Patience);
}
