using System.Globalization;
using Tidings.Faults.Tests.FaultBuild;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;

namespace Tidings.Faults.Tests.Loops;

/// <summary>The server is killed at each named point on the way of an event, and the same publishers and chains go on.</summary>
public sealed class KillPointTests
{
    // So much is kept that a chain that is away for a restart is hardly ever passed by retention, and so little that pruning goes on all the time.
    private const int RetainedEvents = 600;

    private static readonly LoadOptions Load = new() { EventsPerSecond = 75, ShortestStay = TimeSpan.FromMilliseconds(100), LongestStay = TimeSpan.FromSeconds(1) };

    private static int Kills => TortureOptions.IsLong ? 100 : 1;

    [Fact]
    public async Task A_server_that_is_killed_at_any_point_loses_and_repeats_nothing()
    {
        using var data = new DataDirectory();
        await using TortureRun run = await StartAsync("kill-points", data);
        await run.AcknowledgedAsync(RetainedEvents);
        await run.KillAsync();
        HostOptions unharmed = run.HostOptions;
        KillPoint[] points = [.. Enumerable.Repeat(KillPoints.All.Where(point => point.Phase != KillPhase.Creation), Kills).SelectMany(all => all)];
        run.Random.Shuffle(points);
        foreach (KillPoint point in points)
        {
            run.HostOptions = unharmed with { Environment = Kill(point.Name, PassOf(point.Phase, run.Random)) };
            await LiveAsync(run, point);
        }

        run.HostOptions = unharmed;
        await FinishAsync(run, data);
    }

    [Fact]
    public async Task A_server_that_is_killed_while_it_makes_its_log_makes_it_at_a_later_start()
    {
        for (int round = 0; round < Kills; round++)
        {
            using var data = new DataDirectory();
            HostOptions host = await HostAsync(data);
            foreach (KillPoint point in KillPoints.All.Where(point => point.Phase == KillPhase.Creation))
            {
                // Each comes further than the one before it.
                await using HostProcess dying = HostProcess.Start(host with { Environment = Kill(point.Name, pass: 1) });
                Assert.True(await dying.ExitedAsync() == HostProcess.KilledCode, $"The server was not killed at {point.Name}:\n{dying.Log}");
            }

            await using TortureRun run = await StartAsync("kill-creation", data);
            await run.AcknowledgedAsync(20); // however busy the machine is
            await run.WaitAsync(TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(0.5));
            await run.KillAsync();
            await FinishAsync(run, data);
        }
    }

    /// <summary>The environment that ends the server at the given pass of a point.</summary>
    internal static Dictionary<string, string> Kill(string point, int pass) =>
        new() { ["TIDINGS_KILL"] = $"{point}:{pass.ToString(CultureInfo.InvariantCulture)}" };

    /// <summary>A pass that is soon reached.</summary>
    internal static int PassOf(KillPhase phase, Random random) => phase switch
    {
        KillPhase.Publishing => random.Next(1, 21),
        KillPhase.TidyingUp => random.Next(1, 3),
        _ => 1,
    };

    private static async Task LiveAsync(TortureRun run, KillPoint point)
    {
        if (point.Phase == KillPhase.Opening)
        {
            await run.BeginServerAsync();
        }
        else
        {
            await run.StartDoomedServerAsync(); // tidying up needs nobody: on a busy machine it may begin before the server is seen to be ready
        }

        if (point.Phase == KillPhase.Stopping)
        {
            await run.WaitAsync(TimeSpan.FromSeconds(0.05), TimeSpan.FromSeconds(0.3));
            run.Host.Send(Signal.Terminate);
        }

        await run.DiesAsync(point.Name);
    }

    private static async Task<HostOptions> HostAsync(DataDirectory data) => new()
    {
        Binaries = await SwitchedHost.DirectoryAsync(),
        DataDirectory = data.Path,
        Settings = new Dictionary<string, string>
        {
            ["Tidings:SqliteLog:Retention:MaxEvents"] = RetainedEvents.ToString(CultureInfo.InvariantCulture),
            ["Tidings:DrainRetry"] = "00:00:00.1",
            ["Tidings:DrainWindow"] = "00:00:00.2",
        },
    };

    private static async Task<TortureRun> StartAsync(string name, DataDirectory data) =>
        await TortureRun.StartAsync(new TortureOptions { Name = name, Host = await HostAsync(data), Load = Load, RetainedEvents = RetainedEvents });

    private static async Task FinishAsync(TortureRun run, DataDirectory data)
    {
        await data.CheckIntegrityAsync();
        await run.StartServerAsync();
        await run.PassAsync();
    }
}
