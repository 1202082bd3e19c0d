using System.Net;
using Tidings.Testing;

namespace Tidings.Server.Tests.Nodes;

/// <summary>What the guide says of backups, with its own commands.</summary>
public sealed class BackupTests : IAsyncLifetime
{
    private readonly HttpClient _client = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("tidings-backup-").FullName;
    private PostgresServer? _database;

    private PostgresServer Database => _database ?? throw new InvalidOperationException("The database has not started.");

    public async ValueTask InitializeAsync() => _database = await PostgresServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Database.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task After_a_restore_only_those_are_told_a_gap_who_have_seen_what_is_not_in_the_backup()
    {
        string[] blocks = DocumentedCommands.Read(
            "docs/guides/several-nodes.md", "## Backup and restore",
            ("-h db.example -U postgres -d tidings", $"-h 127.0.0.1 -p {Database.Port} -U {PostgresServer.User} -d postgres"),
            ("tidings.dump", $"{_directory}/tidings.dump"));
        Assert.Equal(2, blocks.Length);
        string before;
        string after;
        await using (RunningCommand hub = Start())
        {
            Uri address = await hub.HubAsync();
            before = (await Probe.PublishAsync(_client, address, "news", "before")).Answer;
            await Tool.RunAsync("/bin/bash", "-ec", blocks[0]); // while hubs run
            after = (await Probe.PublishAsync(_client, address, "news", "after")).Answer;
            hub.Signal("TERM");
            Assert.Equal(0, (await hub.EndAsync()).Code);
        }

        await Tool.RunAsync("/bin/bash", "-ec", blocks[1]);
        await using RunningCommand restored = Start();
        Uri hubAddress = await restored.HubAsync();
        (HttpStatusCode status, string next) = await Probe.PublishAsync(_client, hubAddress, "news", "next");
        Assert.True(status == HttpStatusCode.OK, next);

        await using TestStream hasSeenLess = await OpenAsync(hubAddress, before);
        Assert.Equal(new DecodedEvent("message", "next", next), Assert.Single(await hasSeenLess.ReadEventsAsync(1)));
        await using TestStream hasSeenMore = await OpenAsync(hubAddress, after);
        await Probe.PublishAsync(_client, hubAddress, "news", "last");
        IReadOnlyList<DecodedEvent> told = await hasSeenMore.ReadEventsAsync(2);
        Assert.Equal(("tidings-gap", "last"), (told[0].Type, told[^1].Data));
        Assert.Single(told, received => received.Type == "tidings-gap");
    }

    private RunningCommand Start() =>
        RunningCommand.Start(["serve", "--dev", "--urls", "http://127.0.0.1:0", "--log", Database.ConnectionString(), "--set", "Tidings:DrainWindow=00:00:00"]);

    private static Task<TestStream> OpenAsync(Uri hub, string id)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{hub}?match=news"));
        request.Headers.Add("Last-Event-ID", id);
        return TestStream.OpenAsync(new HttpClient(), request);
    }
}
