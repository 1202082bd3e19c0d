using System.Net;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Npgsql;
using Tidings.Testing;

namespace Tidings.Server.Tests.Nodes;

/// <summary>The section "More than one machine" of README.md, as somebody follows it on one computer, sentence by sentence.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class ReadmeTests : IAsyncLifetime
{
    private const string HubPath = "/.well-known/mercure";

    private readonly HttpClient _client = new();
    private readonly int[] _ports = Ports.Free(3);
    private PostgresServer? _database;

    private PostgresServer Database => _database ?? throw new InvalidOperationException("The database has not started.");

    public async ValueTask InitializeAsync() => _database = await PostgresServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Database.DisposeAsync();
    }

    [Fact]
    public async Task More_than_one_machine_can_be_followed_line_by_line()
    {
        string[] blocks = Commands();
        (string start, string watch, string publish, string kill, string transaction) = blocks is [var a, var b, var c, var d, var e]
            ? (a, b, c, d, e)
            : throw new InvalidOperationException($"The section has {blocks.Length} blocks of commands.");
        string[] killLines = kill.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await using var terminal = new Shell();
        await using var watcher = new Shell();
        await using var comingBack = new Shell();

        string started = await terminal.RunAsync(start.Split("./tidings serve", 2)[0]);
        Assert.Contains("is up to date", started, StringComparison.Ordinal);
        Assert.Equal(["tidings"], await SchemasAsync()); // "in a schema of their own"
        await terminal.RunAsync($"./tidings serve{start.Split("./tidings serve", 2)[1]}");
        string said = await terminal.ReadUntilAsync(text => text.Split("Ctrl+C stops it.").Length == 4);
        Assert.Equal(3, Durability().Count(said)); // "each hub says at its start what that is"

        await watcher.EnterAsync(watch);
        await watcher.ReadUntilAsync(text => text.Contains(':', StringComparison.Ordinal)); // the stream is open
        string firstId = (await terminal.RunAsync(publish)).Trim().Split('\n')[^1]; // after what the hubs have said
        string seen = await watcher.ReadUntilAsync(text => text.Contains($"data: paid\nid: {firstId}\n", StringComparison.Ordinal));

        await terminal.RunAsync($"{killLines[0]}\n{killLines[1]}");
        Assert.DoesNotContain("packed", seen, StringComparison.Ordinal);
        await comingBack.EnterAsync(killLines[2].Replace("<its id>", firstId, StringComparison.Ordinal));
        string missed = await comingBack.ReadUntilAsync(text => IdOf(text, "packed") is not null);
        Assert.DoesNotContain("paid", missed, StringComparison.Ordinal); // "you see what you missed, and only that"

        await terminal.RunAsync(transaction.Replace("COMMIT", "ROLLBACK", StringComparison.Ordinal)); // "with ROLLBACK there is neither"
        Assert.Equal(0L, await AskAsync("SELECT count(*) FROM orders"));
        await terminal.RunAsync(transaction);
        Assert.Equal("shipped", await AskAsync("SELECT state FROM orders WHERE id = 7"));
        string received = await comingBack.ReadUntilAsync(text => IdOf(text, "shipped") is not null);
        Assert.Equal(2, received.Split("data: shipped\n").Length); // once

        // "in one order and with the same ids"
        string[] atSecond = await EventsAsync(_ports[1], 3);
        Assert.Equal([$"paid {firstId}", $"packed {IdOf(received, "packed")}", $"shipped {IdOf(received, "shipped")}"], atSecond);
        Assert.Equal(atSecond, await EventsAsync(_ports[2], 3));

        // "While the database is away streams stay open, publishes are refused, /healthz/ready says no and /healthz/live yes; once it is back everything goes on."
        await Database.StopAsync();
        await Probe.WaitAsync(_client, At(_ports[2], "/healthz/ready"), HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, await Probe.StatusAsync(_client, At(_ports[2], "/healthz/live")));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Probe.PublishAsync(_client, At(_ports[2], HubPath), "orders/7", "lost")).Status);
        await using (TestStream refused = await OpenAsync(_ports[2], $"last_event_id={Uri.EscapeDataString(firstId)}"))
        {
            await refused.ReadToEndAsync();
            Assert.Equal(HttpStatusCode.OK, refused.Response.StatusCode); // an error would end a browser's EventSource for good
            Assert.Contains("\nretry: ", refused.Text, StringComparison.Ordinal);
        }

        await Database.StartAgainAsync();
        await Probe.WaitAsync(_client, At(_ports[1], "/healthz/ready"), HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await Probe.PublishAsync(_client, At(_ports[1], HubPath), "orders/7", "delivered")).Status);
        Assert.DoesNotContain("tidings-gap", await comingBack.ReadUntilAsync(text => IdOf(text, "delivered") is not null), StringComparison.Ordinal);
    }

    [GeneratedRegex("^data: (?<data>.*)\nid: (?<id>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Event();

    [GeneratedRegex(@"\(durability: disk; PostgreSQL \d+\.\d+, synchronous_commit on, no replica\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Durability();

    private static string? IdOf(string stream, string data) => Event().Matches(stream).SingleOrDefault(match => match.Groups["data"].Value == data)?.Groups["id"].Value;

    private static Uri At(int port, string path) => new($"http://localhost:{port}{path}");

    private string[] Commands() => DocumentedCommands.Read(
        "README.md", "## More than one machine",
        ("Host=localhost;Database=postgres;Username=postgres", Database.ConnectionString()),
        ("localhost:4001", $"localhost:{_ports[0]}"),
        ("localhost:4002", $"localhost:{_ports[1]}"),
        ("localhost:4003", $"localhost:{_ports[2]}"),
        ("psql -h localhost -U postgres", $"psql -v ON_ERROR_STOP=1 -h 127.0.0.1 -p {Database.Port} -U {PostgresServer.User} -d postgres"));

    private static async Task<string[]> EventsAsync(int port, int count)
    {
        await using TestStream stream = await OpenAsync(port, "last_event_id=earliest");
        return [.. (await stream.ReadEventsAsync(count)).Select(received => $"{received.Data} {received.LastEventId}")];
    }

    // As a browser does.
    private static Task<TestStream> OpenAsync(int port, string query)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, At(port, $"{HubPath}?match=orders/7&{query}"));
        request.Headers.Accept.Add(new("text/event-stream"));
        return TestStream.OpenAsync(new HttpClient(), request);
    }

    private async Task<string[]> SchemasAsync() =>
        (string[])(await AskAsync("SELECT array_agg(DISTINCT table_schema::text) FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"))!; // an aggregate returns a row

    private async Task<object?> AskAsync(string sql)
    {
        await using var connection = new NpgsqlConnection($"{Database.ConnectionString()};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
