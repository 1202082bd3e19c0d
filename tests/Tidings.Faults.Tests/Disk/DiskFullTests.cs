using System.Diagnostics;
using System.Globalization;
using Tidings.Faults.Tests.FaultBuild;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Faults.Tests.Recording;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Disk;

/// <summary>A disk that is full for a while: a small file system of the server's own, in a mount namespace of its own, which somebody else fills.</summary>
public sealed class DiskFullTests : IDisposable
{
    private static readonly LoadOptions Load = new() { EventsPerSecond = 50 };

    private readonly DirectoryInfo _mount = Directory.CreateTempSubdirectory("tidings-small-disk-");

    private static int Rounds => TortureOptions.IsLong ? 50 : 2;

    private string[] Wrapper => ["unshare", "--mount", "--propagation", "private", "sh", "-c", "mount -t tmpfs -o size=8m tmpfs \"$0\" && exec \"$@\"", _mount.FullName];

    public void Dispose() => _mount.Delete();

    [Fact]
    public async Task A_full_disk_refuses_publishes_delivers_what_is_stored_and_heals_without_a_restart()
    {
        await CheckRightToMountAsync();
        await using TortureRun run = await TortureRun.StartAsync(new TortureOptions
        {
            Name = "disk-full",
            Host = new HostOptions { Binaries = await SwitchedHost.DirectoryAsync(), DataDirectory = Path.Combine(_mount.FullName, "log"), Wrapper = Wrapper },
            Load = Load,
        });
        int process = run.Host.Id;

        // The server's view of its files: here, outside of its namespace, the directory is empty.
        string filler = Path.Combine($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/root{_mount.FullName}", "filler");
        for (int round = 0; round < Rounds; round++)
        {
            await run.AcknowledgedAsync(50).WaitAsync(Hang.Limit);
            run.Note("the disk is filled");
            Fill(filler);
            int filledAt = run.Recorder.Snapshot().Count;
            await RefusedForSpaceAsync(run, filledAt).WaitAsync(Hang.Limit);
            await CheckReplayAsync(run.Address).WaitAsync(Hang.Limit);
            await run.WaitAsync(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5));
            File.Delete(filler);
            run.Note("the disk has space again");
        }

        await run.AcknowledgedAsync(50).WaitAsync(Hang.Limit);
        Assert.Equal(process, run.Host.Id);
        Assert.False(run.Host.HasExited);
        Checking.CheckReport report = await run.CheckAsync();
        Assert.True(report.Faults.Count == 0, report.ToString());
    }

    private static void Fill(string filler)
    {
        byte[] block = new byte[4096];
        using FileStream file = new(filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // The disk is full.
        }
    }

    private static async Task RefusedForSpaceAsync(TortureRun run, int since)
    {
        while (!run.Recorder.Snapshot().Skip(since).Any(entry => entry is PublishRefused refused && refused.Why.StartsWith("status 507", StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static async Task CheckReplayAsync(Uri hub)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{hub}?match=*"));
        request.Headers.Add("Last-Event-ID", "earliest");
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var blocks = new BlockReader(await response.Content.ReadAsStreamAsync());
        Assert.NotNull(await blocks.ReadAsync(CancellationToken.None));
    }

    private async Task CheckRightToMountAsync()
    {
        string[] command = [.. Wrapper, "true"];
        using Process tried = Process.Start(new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardError = true })
            ?? throw new InvalidOperationException("unshare was not started.");
        string errors = await tried.StandardError.ReadToEndAsync();
        await tried.WaitForExitAsync();
        Assert.True(tried.ExitCode == 0, $"This test mounts a small file system where nobody else sees it, and may not: run it as root, with the right to mount. {errors}");
    }
}
