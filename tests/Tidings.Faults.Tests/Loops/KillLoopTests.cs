using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;

namespace Tidings.Faults.Tests.Loops;

/// <summary>The server is killed between two instructions, again and again, and the same publishers and chains go on.</summary>
[Collection(AloneCollection.Name)]
public sealed class KillLoopTests
{
    private const int KillsPerIntegrityCheck = 50;

    // Two seconds are promised; load and server share the machine here.
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    [Fact]
    public Task An_app_that_is_killed_at_random_times_loses_nothing_that_it_acknowledged() =>
        KillAsync("kill-app", HostProgram.App, new LoadOptions(), TortureOptions.IsLong ? 500 : 12);

    [Theory]
    [InlineData(Durability.Os)]
    [InlineData(Durability.Memory)]
    public Task At_every_durability_a_kill_takes_nothing_that_was_acknowledged(Durability durability) =>
        KillAsync($"kill-{durability}", HostProgram.App, new LoadOptions(), TortureOptions.IsLong ? 50 : 3, durability);

    [Fact]
    public Task A_hub_that_is_killed_at_random_times_loses_nothing_that_it_acknowledged() =>
        KillAsync("kill-hub", HostProgram.Serve, new LoadOptions { PrivateChains = 0 }, TortureOptions.IsLong ? 100 : 3);

    private static async Task KillAsync(string name, HostProgram program, LoadOptions load, int kills, Durability durability = Durability.Disk)
    {
        using var data = new DataDirectory();
        await using TortureRun run = await TortureRun.StartAsync(new TortureOptions
        {
            Name = name,
            Host = new HostOptions
            {
                Program = program,
                DataDirectory = data.Path,
                Settings = new Dictionary<string, string> { ["Tidings:SqliteLog:Durability"] = durability.ToString() },
            },
            Load = load,
        });
        await run.AcknowledgedAsync(100); // however busy the machine is: afterwards no server may live long enough
        for (int kill = 1; kill <= kills; kill++)
        {
            await run.WaitAsync(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(1500));
            await run.KillAsync();
            if (kill % KillsPerIntegrityCheck == 0 || kill == kills)
            {
                await data.CheckIntegrityAsync();
            }

            if (run.Random.Next(10) == 0)
            {
                await run.BeginServerAsync();
                await run.WaitAsync(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(500));
                await run.KillUnseenAsync();
            }

            await run.StartServerAsync();
        }

        await run.PassAsync();
        CheckStarts(run.Starts);
    }

    // Few starts say nothing about the slowest of a hundred, so the short form only tells.
    private static void CheckStarts(IReadOnlyList<TimeSpan> starts)
    {
        TimeSpan most = starts[(int)(starts.Count * 0.99)];
        TestContext.Current.TestOutputHelper?.WriteLine($"ready after {starts[starts.Count / 2]} (median), {most} (99 of 100), {starts[^1]} (longest of {starts.Count})");
        Assert.True(!TortureOptions.IsLong || most <= LongestStart + Slack, $"99 of 100 servers were ready after {most}.");
    }
}
