using System.Net.Sockets;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Testing;

namespace Tidings.Faults.Tests.FaultBuild;

/// <summary>The seeded bugs that the checker cannot see, each found by a small run that says what is wrong; without the bug the same run says nothing.</summary>
public sealed class AssertedBugTests
{
    private const string EventData = "an event";
    private const int StalledReaders = 40;
    private const int LargeBytes = 6 * 1024 * 1024; // More than the system buffers for a connection.
    private const long MemoryAllowance = 80L * 1024 * 1024; // A third of what the readers would cost.

    // The window that is set, and time enough for a busy machine; without an orderly end the host waits for half a minute.
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(25);

    // With a bug it is waited for in vain.
    private static readonly TimeSpan LongestStopWithBug = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    public static TheoryData<string> Bugs => [.. BugCatalogue.All.Where(bug => bug.FoundAs.Length == 0 && bug.FoundBy != BugScenario.PowerLoss).Select(bug => bug.Name)];

    public static TheoryData<BugScenario> Scenarios => [BugScenario.Retry, BugScenario.ForgedField, BugScenario.Stop, BugScenario.StalledReaders, BugScenario.Impatience];

    [Theory]
    [MemberData(nameof(Bugs))]
    public async Task A_seeded_bug_is_found_by_a_run_of_its_own(string name) =>
        Assert.NotNull(await ComplaintAsync(BugCatalogue.All.Single(bug => bug.Name == name).FoundBy, name));

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task Without_a_bug_the_same_run_finds_nothing(BugScenario scenario) => Assert.Null(await ComplaintAsync(scenario, bug: null));

    [Theory]
    [InlineData("after-commit")]
    [InlineData("before-acknowledgment")]
    public async Task A_publish_that_is_tried_again_with_its_key_after_a_crash_is_stored_once_and_told_its_first_id(string point) =>
        Assert.Null(await RetryComplaintAsync(bug: null, point));

    private static Task<string?> ComplaintAsync(BugScenario scenario, string? bug) => scenario switch
    {
        BugScenario.Retry => RetryComplaintAsync(bug, "after-commit"),
        BugScenario.ForgedField => ForgedFieldComplaintAsync(bug),
        BugScenario.Stop => StopComplaintAsync(bug),
        BugScenario.StalledReaders => StalledReadersComplaintAsync(bug),
        BugScenario.Impatience => ImpatienceComplaintAsync(bug),
        _ => throw new ArgumentOutOfRangeException(nameof(scenario), scenario, message: null),
    };

    private static async Task<string?> RetryComplaintAsync(string? bug, string point)
    {
        using var data = new DataDirectory();
        using var client = new HttpClient();
        HostOptions options = await OptionsAsync(bug, data);
        await using (HostProcess dying = HostProcess.Start(options with { Environment = new Dictionary<string, string>(options.Environment) { ["TIDINGS_KILL"] = $"{point}:1" } }))
        {
            Uri address = await dying.ReadyAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => PublishAsync(client, address, EventData, key: "key"));
            Assert.Equal(HostProcess.KilledCode, await dying.ExitedAsync());
        }

        await using HostProcess host = HostProcess.Start(options);
        Uri hub = await host.ReadyAsync();
        DecodedEvent first = (await ReadAsync(client, hub, "earliest", 1))[0];
        string answer = await PublishAsync(client, hub, EventData, key: "key");
        string end = await PublishAsync(client, hub, "the end", key: null);
        IReadOnlyList<DecodedEvent> events = await ReadUntilAsync(client, hub, "earliest", end);
        return answer != first.LastEventId ? $"The event is stored as {first.LastEventId}, and the publisher is told {answer}."
            : events.Count != 2 ? $"The event is stored {events.Count - 1} times."
            : null;
    }

    private static async Task<string?> ForgedFieldComplaintAsync(string? bug)
    {
        using var client = new HttpClient();
        await using HostProcess host = HostProcess.Start(await OptionsAsync(bug, data: null));
        Uri hub = await host.ReadyAsync();
        await PublishAsync(client, hub, "a\rid: forged\revent: forged\rdata: b", key: null);
        DecodedEvent received = (await ReadAsync(client, hub, "earliest", 1))[0];
        return received is { Type: "message", Data: "a\nid: forged\nevent: forged\ndata: b" } ? null : $"What was published as data came as {received}.";
    }

    private static async Task<string?> StopComplaintAsync(string? bug)
    {
        using var client = new HttpClient();
        await using HostProcess host = HostProcess.Start(await OptionsAsync(bug, data: null));
        Uri hub = await host.ReadyAsync();
        using HttpResponseMessage stream = await client.GetAsync(new Uri($"{hub}?match=*"), HttpCompletionOption.ResponseHeadersRead);
        host.Send(Signal.Terminate);
        TimeSpan longest = bug is null ? LongestStop : LongestStopWithBug;
        try
        {
            string rest = await stream.Content.ReadAsStringAsync().WaitAsync(longest);
            int code = await host.ExitedAsync().WaitAsync(longest);
            return code != 0 ? $"The server ended with {code}."
                : !rest.Contains("retry: ", StringComparison.Ordinal) ? "The stream ended without a reconnection time."
                : null;
        }
        catch (TimeoutException)
        {
            return $"The server had not stopped after {longest}.";
        }
    }

    private static async Task<string?> StalledReadersComplaintAsync(string? bug)
    {
        using var client = new HttpClient();
        await using HostProcess host = HostProcess.Start(await OptionsAsync(bug, data: null));
        Uri hub = await host.ReadyAsync();
        // What an event of this size costs by itself is not what each reader costs.
        for (int i = 0; i < 3; i++)
        {
            await PublishAsync(client, hub, new string('x', LargeBytes), key: null);
        }

        var stalled = new List<SlowReader>();
        try
        {
            for (int i = 0; i < StalledReaders; i++)
            {
                stalled.Add(await SlowReader.OpenAsync(hub));
            }

            long before = host.ResidentBytes();
            await PublishAsync(client, hub, new string('y', LargeBytes), key: null);
            long grown = 0;
            int looks = bug is null ? 10 : (int)(Hang.Limit / BetweenLooks); // with a bug it grows, sooner or later
            for (int look = 0; look < looks && grown <= MemoryAllowance; look++)
            {
                await Task.Delay(BetweenLooks, TimeProvider.System);
                grown = Math.Max(grown, host.ResidentBytes() - before);
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{grown} bytes more");
            return grown > MemoryAllowance ? $"{StalledReaders} readers that do not read cost {grown} bytes for one event of {LargeBytes}." : null;
        }
        finally
        {
            stalled.ForEach(reader => reader.Dispose());
        }
    }

    // The stream ends for whoever falls behind, and to fall behind is to have more waiting than the list can hold.
    private static async Task<string?> ImpatienceComplaintAsync(string? bug)
    {
        const int Capacity = 16;
        using var client = new HttpClient();
        HostOptions options = await OptionsAsync(bug, data: null);
        await using HostProcess host = HostProcess.Start(options with
        {
            Settings = new Dictionary<string, string>(options.Settings)
            {
                ["Tidings:Broker:PendingCapacity"] = $"{Capacity}",
                ["Tidings:SendBufferBytes"] = "4096",
                ["Tidings:WriteTimeout"] = "00:01:00", // not what ends the stream here
            },
        });
        Uri hub = await host.ReadyAsync();
        using HttpClient slow = ClientWithSmallBuffer();
        using HttpResponseMessage stream = await slow.GetAsync(new Uri(hub, "/impatient?topic=t"), HttpCompletionOption.ResponseHeadersRead);
        var blocks = new BlockReader(await stream.Content.ReadAsStreamAsync());
        await PublishAsync(client, hub, EventData, key: null);
        await blocks.ReadAsync(CancellationToken.None); // it has kept up
        for (int i = 0; i < 6 * Capacity; i++)
        {
            await PublishAsync(client, hub, new string('x', 16 * 1024), key: null);
        }

        using var patience = new CancellationTokenSource(bug is null ? Hang.Limit : LongestStopWithBug);
        try
        {
            while (await blocks.ReadAsync(patience.Token) is not null)
            {
            }

            return null;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return $"The stream goes on for a reader that was {6 * Capacity} events behind, with room for {Capacity}.";
        }
    }

    // What the system holds for a client does not wait in the server.
    private static HttpClient ClientWithSmallBuffer() => new(new SocketsHttpHandler
    {
        ConnectCallback = static async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    private static async Task<HostOptions> OptionsAsync(string? bug, DataDirectory? data) => new()
    {
        Binaries = await SwitchedHost.DirectoryAsync(),
        DataDirectory = data?.Path,
        Environment = BugScenarios.Environment(bug),
        Settings = new Dictionary<string, string>
        {
            ["Tidings:DrainWindow"] = "00:00:00", // the less a stream waits for its end, the less a machine that stands still meanwhile has it cut
            ["Tidings:PublishTimeout"] = "00:02:00",
            ["Tidings:MaxBodyBytes"] = "10000000",
            ["Tidings:MaxFieldBytes"] = "10000000",
        },
    };

    private static async Task<string> PublishAsync(HttpClient client, Uri hub, string data, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, hub) { Content = new FormUrlEncodedContent([new("topic", "t"), new("data", data)]) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", $"\"{key}\"");
        }

        using HttpResponseMessage response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    private static Task<IReadOnlyList<DecodedEvent>> ReadAsync(HttpClient client, Uri hub, string after, int count) =>
        ReadAsync(client, hub, after, events => events.Count >= count);

    private static Task<IReadOnlyList<DecodedEvent>> ReadUntilAsync(HttpClient client, Uri hub, string after, string id) =>
        ReadAsync(client, hub, after, events => events.Any(received => received.LastEventId == id));

    private static async Task<IReadOnlyList<DecodedEvent>> ReadAsync(HttpClient client, Uri hub, string after, Func<List<DecodedEvent>, bool> isEnough)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{hub}?match=*"));
        request.Headers.TryAddWithoutValidation("Last-Event-ID", after);
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var blocks = new BlockReader(await response.Content.ReadAsStreamAsync());
        var events = new List<DecodedEvent>();
        while (!isEnough(events) && await blocks.ReadAsync(CancellationToken.None) is { } block)
        {
            events.AddRange(block.Events);
        }

        return events;
    }
}
