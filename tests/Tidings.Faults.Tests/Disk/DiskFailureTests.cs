using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.FaultBuild;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Faults.Tests.Recording;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Disk;

/// <summary>A disk that fails or is slow when it is asked to keep what was written: strace answers in its place.</summary>
[Collection(AloneCollection.Name)]
public sealed class DiskFailureTests
{
    private const int MoreRounds = 30; // until a commit was hit

    private static readonly LoadOptions Load = new() { EventsPerSecond = 50, PrivateChains = 0 };

    private static int Rounds => TortureOptions.IsLong ? 20 : 1;

    [Fact]
    public async Task A_sync_that_fails_once_leaves_the_outcome_open_and_the_log_goes_on()
    {
        // Now and then the sync that fails is that of a checkpoint, which publishers do not notice.
        int failedCommits = 0;
        for (int round = 0; round < Rounds || (failedCommits == 0 && round < Rounds + MoreRounds); round++)
        {
            using var data = new DataDirectory();
            await using TortureRun run = await StartAsync("sync-fails-once", data, HostProgram.App, $"error=EIO:when={30 + round}", new() { ["Tidings:PublishTimeout"] = "00:02:00" });
            await FailsAsync(run).WaitAsync(Hang.Limit);
            await run.AcknowledgedAsync(100).WaitAsync(Hang.Limit);
            if (HasUnknown(run))
            {
                failedCommits++;
                await run.Host.SaysAsync("it is closed and opened anew");
            }

            await PassAsync(run);
        }

        Assert.NotEqual(0, failedCommits);
    }

    [Fact]
    public async Task A_hub_whose_disk_fails_for_good_ends_with_an_error_and_loses_nothing_that_it_acknowledged()
    {
        for (int round = 0; round < Rounds; round++)
        {
            using var data = new DataDirectory();
            await using TortureRun run = await StartAsync("sync-fails", data, HostProgram.Serve, $"error=EIO:when={30 + round}+", []);
            Assert.NotEqual(0, await run.EndsAsync());
            Assert.Contains("The log stores nothing more", run.Host.Log, StringComparison.Ordinal);
            run.HostOptions = run.HostOptions with { Wrapper = [] };
            await run.StartServerAsync();
            await run.AcknowledgedAsync(100).WaitAsync(Hang.Limit);

            await PassAsync(run);
        }
    }

    [Fact]
    public async Task While_a_sync_takes_long_heartbeats_go_on_and_publishers_are_answered()
    {
        using var data = new DataDirectory();
        await using TortureRun run = await StartAsync("sync-slow", data, HostProgram.App, "delay_enter=16000000:when=30", new()
        {
            ["Tidings:HeartbeatInterval"] = "00:00:01",
            ["Tidings:PublishTimeout"] = "00:00:00.5",
        });
        await UnknownAsync(run).WaitAsync(Hang.Limit);
        TimeSpan silence = await LongestSilenceAsync(run.Address, TimeSpan.FromSeconds(15));
        Assert.True(silence < TimeSpan.FromSeconds(12), $"No heartbeat for {silence}.");
        await run.AcknowledgedAsync(100).WaitAsync(Hang.Limit);

        await PassAsync(run);
    }

    private static async Task<TortureRun> StartAsync(string name, DataDirectory data, HostProgram program, string fault, Dictionary<string, string> settings)
    {
        HostOptions host = new() { Program = program, DataDirectory = data.Path, Settings = settings };
        if (program == HostProgram.App)
        {
            host = host with { Binaries = await SwitchedHost.DirectoryAsync() };
        }

        // The places are counted per thread, and one thread alone syncs what is published.
        string[] wrapper = ["strace", "-D", "-f", "-q", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:{fault}"];
        return await TortureRun.StartAsync(new TortureOptions { Name = name, Host = host with { Wrapper = wrapper }, Load = Load });
    }

    private static async Task UnknownAsync(TortureRun run)
    {
        while (!HasUnknown(run))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static async Task FailsAsync(TortureRun run)
    {
        while (!HasUnknown(run) && !run.Host.Log.Contains("Tidying up the log failed", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static bool HasUnknown(TortureRun run) =>
        run.Recorder.Snapshot().Any(entry => entry is PublishUnknown unknown && unknown.Why.StartsWith("status 503", StringComparison.Ordinal));

    // The errors that the servers log are meant to be there.
    private static async Task PassAsync(TortureRun run)
    {
        CheckReport report = await run.CheckAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.True(report.Faults.Count == 0, report.ToString());
    }

    private static async Task<TimeSpan> LongestSilenceAsync(Uri hub, TimeSpan duration)
    {
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync(new Uri($"{hub}?match=quiet"), HttpCompletionOption.ResponseHeadersRead);
        await using Stream stream = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[64];
        long began = TimeProvider.System.GetTimestamp();
        long last = began;
        TimeSpan longest = TimeSpan.Zero;
        await using MachinePauses pauses = MachinePauses.Watch();
        TimeSpan paused = TimeSpan.Zero;
        while (TimeProvider.System.GetElapsedTime(began) < duration)
        {
            Assert.NotEqual(0, await stream.ReadAsync(buffer).AsTask().WaitAsync(Hang.Limit));
            TimeSpan silence = TimeProvider.System.GetElapsedTime(last) - (pauses.Total - paused);
            longest = silence > longest ? silence : longest;
            last = TimeProvider.System.GetTimestamp();
            paused = pauses.Total;
        }

        return longest;
    }
}
