using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tidings.Browser.Tests.Showcase;

/// <summary>The programs with state without a browser: what they promise to every page, and what they refuse.</summary>
public sealed class StatesOverHttpTests : IAsyncLifetime
{
    // Nothing happens by itself.
    private const double Still = 1000;

    private readonly List<IAsyncDisposable> _servers = [];
    private readonly List<ShowcaseClient> _clients = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        foreach (IAsyncDisposable server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_state_and_the_stream_from_its_cursor_hold_each_change_once_whenever_they_are_read()
    {
        const int Changes = 40;
        ShowcaseServer server = await StartAsync(Still);
        ShowcaseClient writer = Visit(server);
        Task writing = Task.Run(async () =>
        {
            for (int i = 1; i <= Changes; i++)
            {
                await writer.DoAsync(HttpMethod.Post, "/berths/records", new { boat = $"Boat {i}", place = "C1" });
            }
        });
        Task<List<JsonElement>>[] readers = [.. Enumerable.Range(0, 3).Select(_ => ReadUntilAsync(Visit(server), writing))];
        await writing;

        var boats = new List<string> { "Halcyon", "Sea Campion", "Old Grey Gull" };
        var ids = new List<string?> { null, null, null }; // of the event that told of each
        await foreach (SseItem<string> change in Visit(server).EventsAsync("/berths/events", "earliest"))
        {
            Assert.Equal("added", change.EventType);
            boats.Add(BoatOf(JsonElement.Parse(change.Data)));
            ids.Add(change.EventId);
            if (boats[^1] == $"Boat {Changes}")
            {
                break;
            }
        }

        Assert.Equal(Enumerable.Range(1, Changes).Select(i => $"Boat {i}"), boats.Skip(3));
        foreach (JsonElement state in (await Task.WhenAll(readers)).SelectMany(states => states))
        {
            string[] seen = [.. state.GetProperty("records").EnumerateArray().Select(BoatOf)];
            Assert.Equal(boats.Take(seen.Length), seen);

            // A stream that begins there begins with the first change that the state does not hold.
            if (ids[seen.Length - 1] is { } last)
            {
                Assert.Equal(last, state.GetProperty("cursor").GetString());
            }
        }
    }

    [Fact]
    public async Task A_change_that_was_saved_but_not_told_before_a_crash_is_told_once_after_it()
    {
        ShowcaseServer server = await StartAsync(Still);
        JsonElement before = await Visit(server).ReadAsync("/berths/records");
        await Visit(server).DoAsync(HttpMethod.Delete, "/berths/records/1?version=1");
        await server.KillAsync();

        // As a crash leaves it that comes after the file and before the log.
        string file = Path.Combine(server.DataDirectory, "berths.json");
        JsonNode saved = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        saved["untold"] = new JsonObject { ["key"] = Guid.NewGuid().ToString(), ["type"] = "deleted", ["data"] = """{"id":2}""" };
        await File.WriteAllTextAsync(file, saved.ToJsonString());
        server = await StartAsync(Still, sameAs: server);
        await server.KillAsync();

        // And once more: the event is in the log, but the file does not know of it yet.
        await File.WriteAllTextAsync(file, saved.ToJsonString());
        server = await StartAsync(Still, sameAs: server);
        ShowcaseClient client = Visit(server);
        await client.DoAsync(HttpMethod.Delete, "/berths/records/3?version=1");

        var deleted = new List<int>();
        await foreach (SseItem<string> change in client.EventsAsync("/berths/events", before.GetProperty("cursor").GetString()))
        {
            deleted.Add(JsonElement.Parse(change.Data).GetProperty("id").GetInt32());
            if (deleted[^1] == 3)
            {
                break;
            }
        }

        Assert.Equal([1, 2, 3], deleted);
    }

    [Fact]
    public async Task Users_of_the_chat_join_write_and_leave_by_events_with_json()
    {
        ShowcaseClient ann = Visit(await StartAsync(Still));
        string address = $"/chat/users/{(await ann.DoAsync(HttpMethod.Post, "/chat/users", new { name = " Ann " })).GetProperty("id").GetString()}";
        await ann.DoAsync(HttpMethod.Post, $"{address}/messages", new { text = "Line one: \"a\"" });
        var seen = new List<(string Type, string? Name, string? Text)>();
        await foreach (SseItem<string> item in ann.EventsAsync($"{address}/events", "earliest"))
        {
            JsonElement line = JsonElement.Parse(item.Data);
            seen.Add((item.EventType, line.GetProperty("name").GetString(), line.GetProperty("text").GetString()));
            if (item.EventType == "usermessage")
            {
                await ann.DoAsync(HttpMethod.Delete, address);
            }

            if (item.EventType == "userdisconnect")
            {
                break;
            }
        }

        Assert.Equal([("userconnect", "Ann", null), ("usermessage", "Ann", "Line one: \"a\""), ("userdisconnect", "Ann", null)], seen);
        using HttpResponseMessage afterwards = await ann.OpenAsync($"{address}/events");
        Assert.Equal(204, (int)afterwards.StatusCode);
    }

    [Fact]
    public async Task Nobody_speaks_or_leaves_in_the_name_of_another()
    {
        ShowcaseServer server = await StartAsync(Still);
        ShowcaseClient ann = Visit(server);
        ShowcaseClient eve = Visit(server);
        string address = $"/chat/users/{(await ann.DoAsync(HttpMethod.Post, "/chat/users", new { name = "Ann" })).GetProperty("id").GetString()}";
        await eve.DoAsync(HttpMethod.Post, "/chat/users", new { name = "Eve" });

        Assert.Equal("You are not in the chat.", await eve.DetailAsync(HttpMethod.Post, $"{address}/messages", new { text = "I am Ann" }, 403));
        Assert.Equal(403, (await eve.SendAsync(HttpMethod.Get, address)).Status);
        await eve.DoAsync(HttpMethod.Delete, address);
        using HttpResponseMessage stream = await eve.OpenAsync($"{address}/events");
        Assert.Equal(204, (int)stream.StatusCode);
        JsonElement room = await ann.ReadAsync(address);
        Assert.Equal(["Ann", "Eve"], room.GetProperty("users").EnumerateArray().Select(user => user.GetString()));
        Assert.DoesNotContain("key", room.GetRawText(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("/chat/users", """{"name":"  "}""", "The name is missing.")]
    [InlineData("/chat/users", """{}""", "The name is missing.")]
    [InlineData("/chat/users", """{"name":"1234567890123456789012345678901"}""", "The name has 31 characters; 30 is the most.")]
    [InlineData("/chat/users", """{"name":"a\nb"}""", "The name holds a control character.")]
    [InlineData("/berths/records", """{"boat":"B"}""", "The berth is missing.")]
    [InlineData("/berths/records", """{"boat":"B","place":"12345678901"}""", "The berth has 11 characters; 10 is the most.")]
    [InlineData("/news/items", """{"text":"T"}""", "The title is missing.")]
    [InlineData("/news/items", """{"title":"T","category":"gossip"}""", "The category is one of harbour, weather, sport, or none.")]
    public async Task What_is_wrong_is_said_in_a_sentence(string path, string json, string detail)
    {
        ShowcaseClient client = Visit(await SharedShowcases.OfThisRunAsync(Still));
        Assert.Equal(detail, await client.DetailAsync(HttpMethod.Post, path, JsonElement.Parse(json), 400));
    }

    [Fact]
    public async Task There_are_bounds_on_bodies_users_records_and_kept_lines()
    {
        ShowcaseClient client = Visit(await StartAsync(Still));
        Assert.Equal(413, (await client.SendAsync(HttpMethod.Post, "/berths/records", new { boat = new string('x', 20_000), place = "A1" })).Status);

        for (int i = 4; i <= 50; i++)
        {
            await client.DoAsync(HttpMethod.Post, "/berths/records", new { boat = $"Boat {i}", place = "C1" });
        }

        Assert.Equal(
            "The harbour is full: 50 records are the most. Delete one first.",
            await client.DetailAsync(HttpMethod.Post, "/berths/records", new { boat = "One more", place = "C1" }, 409));

        string address = "";
        for (int i = 1; i <= 50; i++)
        {
            address = $"/chat/users/{(await client.DoAsync(HttpMethod.Post, "/chat/users", new { name = $"User {i}" })).GetProperty("id").GetString()}";
        }

        Assert.Equal("The chat is full: 50 users are the most.", await client.DetailAsync(HttpMethod.Post, "/chat/users", new { name = "User 51" }, 409));
        for (int i = 1; i <= 51; i++)
        {
            await client.DoAsync(HttpMethod.Post, $"{address}/messages", new { text = $"Message {i}" });
        }

        JsonElement lines = (await client.ReadAsync(address)).GetProperty("lines");
        Assert.Equal(100, lines.GetArrayLength());
        Assert.Equal("User 2", lines[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_record_that_was_changed_meanwhile_is_not_overwritten_and_not_deleted()
    {
        ShowcaseClient client = Visit(await StartAsync(Still));
        await client.DoAsync(HttpMethod.Put, "/berths/records/1", new { boat = "Halcyon", place = "A2", version = 1 });

        (int status, JsonElement answer) = await client.SendAsync(HttpMethod.Put, "/berths/records/1", new { boat = "Halcyon", place = "A3", version = 1 });
        Assert.Equal(409, status);
        Assert.Equal("A2", answer.GetProperty("current").GetProperty("place").GetString());
        Assert.Equal(2, answer.GetProperty("current").GetProperty("version").GetInt32());
        Assert.Equal(409, (await client.SendAsync(HttpMethod.Delete, "/berths/records/1?version=1")).Status);
        await client.DoAsync(HttpMethod.Delete, "/berths/records/1?version=2");
        Assert.Equal("Somebody else has deleted this record.", await client.DetailAsync(HttpMethod.Put, "/berths/records/1", new { boat = "B", place = "A3", version = 2 }, 404));
    }

    [Fact]
    public async Task The_hub_takes_news_from_this_machine_and_not_from_foreign_pages()
    {
        ShowcaseServer server = await StartAsync(Still);
        ShowcaseClient client = Visit(server);
        Assert.Equal(403, (await client.SendAsync(NewsAtHub(server, "forged", origin: "https://example.org"))).Status);
        Assert.Equal(200, (await client.SendAsync(NewsAtHub(server, "by the hub", origin: null))).Status);
        await client.DoAsync(HttpMethod.Post, "/news/items", new { title = "by the editor", category = "sport" });

        var seen = new List<(string, string)>();
        await foreach (SseItem<string> item in client.EventsAsync("/news/events", "earliest"))
        {
            seen.Add((item.EventType, item.Data.StartsWith('{') ? JsonElement.Parse(item.Data).GetProperty("title").GetString()! : item.Data));
            if (seen.Count == 2)
            {
                break;
            }
        }

        Assert.Equal([("weather", "by the hub"), ("sport", "by the editor")], seen);
    }

    [Fact]
    public async Task The_log_keeps_the_newest_hundred_news_and_whoever_asks_for_all_is_told_of_no_gap()
    {
        ShowcaseServer server = await StartAsync(Still);
        ShowcaseClient client = Visit(server);
        for (int i = 1; i <= 150; i++)
        {
            await client.DoAsync(HttpMethod.Post, "/news/items", new { title = $"{i}" });
        }

        await server.KillAsync(); // What has just been sent is also in memory, and served from there.
        client = Visit(await StartAsync(Still, sameAs: server));
        var titles = new List<string?>();
        await foreach (SseItem<string> item in client.EventsAsync("/news/events", "earliest"))
        {
            Assert.Equal("message", item.EventType);
            titles.Add(JsonElement.Parse(item.Data).GetProperty("title").GetString());
            if (titles[^1] == "150")
            {
                break;
            }
        }

        Assert.Equal(Enumerable.Range(51, 100).Select(i => $"{i}"), titles);
    }

    [Fact]
    public async Task A_visitor_has_one_vote_that_can_change_and_needs_a_cookie()
    {
        ShowcaseServer server = await StartAsync(Still);
        ShowcaseClient ann = Visit(server);
        ShowcaseClient ben = Visit(server);
        var ballot = new { match = 1, option = 0 };
        Assert.Contains("allow cookies", await ann.DetailAsync(HttpMethod.Put, "/match/vote", ballot, 400), StringComparison.Ordinal);

        await ann.ReadAsync("/match/state");
        await ben.ReadAsync("/match/state");
        await ann.DoAsync(HttpMethod.Put, "/match/vote", ballot);
        await ann.DoAsync(HttpMethod.Put, "/match/vote", ballot);
        await ben.DoAsync(HttpMethod.Put, "/match/vote", ballot);
        Assert.Equal("2 0 0", await VotesAsync(ann));
        await ann.DoAsync(HttpMethod.Put, "/match/vote", ballot with { option = 2 });
        Assert.Equal("1 0 1", await VotesAsync(ben));
        Assert.Equal(2, (await ann.ReadAsync("/match/state")).GetProperty("yours").GetInt32());

        Assert.Equal("The option is a number from 0 to 2.", await ann.DetailAsync(HttpMethod.Put, "/match/vote", ballot with { option = 3 }, 400));
        Assert.Equal("That match is over, and its poll is closed.", await ann.DetailAsync(HttpMethod.Put, "/match/vote", ballot with { match = 7 }, 409));
    }

    [Fact]
    public async Task Matches_are_played_to_their_end_one_after_the_other()
    {
        ShowcaseClient client = Visit(await StartAsync(pace: 0.005));
        int goals = 0;
        int minute = 0;
        await foreach (SseItem<string> item in client.EventsAsync("/match/events", "earliest"))
        {
            JsonElement match = JsonElement.Parse(item.Data);
            if (match.GetProperty("number").GetInt32() == 2)
            {
                break;
            }

            // Goals are kept, minutes pass, and what has happened stays told.
            int now = match.GetProperty("homeGoals").GetInt32() + match.GetProperty("awayGoals").GetInt32();
            Assert.InRange(now, goals, goals + 1);
            goals = now;
            Assert.InRange(match.GetProperty("minute").GetInt32(), minute, 90);
            minute = match.GetProperty("minute").GetInt32();
            Assert.Equal(goals, match.GetProperty("lines").EnumerateArray().Count(line => line.GetProperty("what").GetString()!.StartsWith("Goal", StringComparison.Ordinal)));
        }

        Assert.Equal(90, minute);
    }

    private static async Task<List<JsonElement>> ReadUntilAsync(ShowcaseClient client, Task end)
    {
        var states = new List<JsonElement>();
        while (!end.IsCompleted)
        {
            states.Add(await client.ReadAsync("/berths/records"));
        }

        return states;
    }

    private static string BoatOf(JsonElement record) => record.GetProperty("boat").GetString()!; // every record has one

    private static async Task<string> VotesAsync(ShowcaseClient client) =>
        string.Join(' ', (await client.ReadAsync("/match/state")).GetProperty("match").GetProperty("votes").EnumerateArray());

    private static HttpRequestMessage NewsAtHub(ShowcaseServer server, string text, string? origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, "/.well-known/mercure"))
        {
            Content = new FormUrlEncodedContent([new("topic", "news"), new("type", "weather"), new("data", text)]),
        };
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        return request;
    }

    private ShowcaseClient Visit(ShowcaseServer server)
    {
        var client = new ShowcaseClient(server);
        _clients.Add(client);
        return client;
    }

    private async Task<ShowcaseServer> StartAsync(double pace, ShowcaseServer? sameAs = null)
    {
        ShowcaseServer server = await ShowcaseServer.StartAsync(pace, sameAs);
        _servers.Add(server);
        return server;
    }
}
