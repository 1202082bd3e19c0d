using System.Globalization;
using Tidings.Faults.Tests.FaultBuild;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Testing;

namespace Tidings.Faults.Tests.PowerLoss;

/// <summary>What one life of a server has done to its files, and what it has told its clients.</summary>
/// <param name="Operations">What it did, from the first file to the end.</param>
/// <param name="Events">The id and the data of every event, in the order of the log.</param>
internal sealed record TracedRun(IReadOnlyList<DiskOperation> Operations, IReadOnlyList<(string Id, string Data)> Events)
{
    private const int Published = 120;
    private const int Publishers = 4;
    private const int LongestData = 6000;

    /// <summary>Runs a server on a new log under strace, publishes, and stops it.</summary>
    public static async Task<TracedRun> RecordAsync(Durability durability, long retainedEvents, string? bug, Random random)
    {
        using var data = new DataDirectory();
        DirectoryInfo traces = Directory.CreateTempSubdirectory("tidings-trace-");
        try
        {
            string trace = Path.Combine(traces.FullName, "trace");
            var options = new HostOptions
            {
                Binaries = await SwitchedHost.DirectoryAsync(),
                DataDirectory = data.Path,
                Wrapper = SyscallTrace.Options(trace),
                Environment = BugScenarios.Environment(bug),
                Settings = new Dictionary<string, string>
                {
                    ["Tidings:SqliteLog:Durability"] = durability.ToString(),
                    ["Tidings:SqliteLog:Retention:MaxEvents"] = retainedEvents.ToString(CultureInfo.InvariantCulture),
                    ["Tidings:DrainWindow"] = "00:00:00",
                    ["Tidings:PublishTimeout"] = "00:02:00",
                },
            };
            await using HostProcess host = HostProcess.Start(options);
            Uri hub = await host.ReadyAsync();
            IReadOnlyList<(string Id, string Data)> events = await LoadAsync(hub, random);
            host.Send(Signal.Terminate);
            Assert.Equal(0, await host.ExitedAsync());
            await WrittenAsync(trace, host.Id).WaitAsync(Hang.Limit);
            return new TracedRun(SyscallTrace.Read(File.ReadLines(trace), data.Path), events);
        }
        finally
        {
            traces.Delete(recursive: true);
        }
    }

    private static async Task<IReadOnlyList<(string Id, string Data)>> LoadAsync(Uri hub, Random random)
    {
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync(new Uri($"{hub}?match=*"), HttpCompletionOption.ResponseHeadersRead);
        var blocks = new BlockReader(await response.Content.ReadAsStreamAsync());
        int next = 0;
        int[] lengths = [.. Enumerable.Range(0, Published).Select(_ => random.Next(LongestData))];
        Task publishing = Task.WhenAll(Enumerable.Range(0, Publishers).Select(async _ =>
        {
            for (int i = Interlocked.Increment(ref next); i <= Published; i = Interlocked.Increment(ref next))
            {
                string text = $"{i} {new string((char)('a' + (i % 26)), lengths[i - 1])}";
                using var form = new FormUrlEncodedContent([new("topic", "t"), new("data", text)]);
                (await client.PostAsync(hub, form)).EnsureSuccessStatusCode();
            }
        }));
        Task<List<(string Id, string Data)>> receiving = ReceiveAsync(blocks);
        await publishing; // without which the rest would be waited for in vain
        return await receiving.WaitAsync(Hang.Limit);
    }

    private static async Task<List<(string Id, string Data)>> ReceiveAsync(BlockReader blocks)
    {
        var events = new List<(string Id, string Data)>();
        while (events.Count < Published && await blocks.ReadAsync(CancellationToken.None) is { } block)
        {
            events.AddRange(block.Events.Select(received => (received.LastEventId, received.Data)));
        }

        return events;
    }

    // strace is a process beside the server, and writes the end of its file after the server's own.
    private static async Task WrittenAsync(string trace, int process)
    {
        string server = $"{process.ToString(CultureInfo.InvariantCulture)} ";
        while (!File.ReadLines(trace).Any(line => line.StartsWith(server, StringComparison.Ordinal) && line.Contains("+++ exited", StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
