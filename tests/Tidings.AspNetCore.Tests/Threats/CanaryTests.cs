using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>What is published privately is seen by those who are granted it, and searched for everywhere else.</summary>
[Collection(AloneCollection.Name)]
public sealed partial class CanaryTests
{
    private static readonly string Publisher = GuardedHub.Current(publish: ["*"], subject: "publisher");

    // Who sees nothing of it: nobody, others, near misses in both dialects, publishers, and users of the app.
    private static readonly (string? Token, string Query)[] Outsiders =
    [
        (null, "match=*"), (null, "topic=*"), (null, "match_urlpattern=*"), (null, "topic={everything}"),
        (GuardedHub.Current(subscribe: ["other", "https://x.example/:a/:b", "/alternate2"]), "match=*"),
        (GuardedHub.Current(publish: ["*"]), "match=*"),
        (GuardedHub.Current(publish: ["*"]), "topic=*"),
        (GuardedHub.LegacySubscriber("other", "https://x.example/{a}/{b}", "CANARY"), "topic=*"),
        (GuardedHub.LegacySubscriber(), "match=*"),
        (GuardedHub.LegacyPublisher("*"), "topic=*"),
        ("user:eve", "match=*"), ("user:eve", "topic=*"),
    ];

    [Fact]
    public async Task What_is_private_is_told_on_no_surface_to_those_who_are_not_granted_it()
    {
        using var canary = new Canary();
        await using TestApp app = await StartAsync();
        string topic = $"https://x.example/{canary.Text}";
        string[] topics = [topic, $"/alternate/{canary.Text}", "app/alice"];
        string before = await app.AcceptAsync(Publisher, ("topic", "start"), ("data", "start"));
        (string? Token, string Query)[] insiders =
        [
            (GuardedHub.Current(subscribe: ["https://x.example/:name"]), "match=*"),
            (GuardedHub.Current(subscribe: [$"/alternate/{canary.Text}"]), "topic=*"),
            (GuardedHub.LegacySubscriber("/alternate/{x}"), "match_urlpattern=*"),
            (GuardedHub.LegacySubscriber("*"), "topic=*"),
            ("user:alice", "match=*"),
        ];
        TestStream[] outside = await OpenAsync(app, Outsiders, lastEventId: null);
        TestStream[] inside = await OpenAsync(app, insiders, lastEventId: null);

        await app.AcceptAsync(
            Publisher, [.. topics.Select(name => ("topic", name)), ("data", $"data {canary.Text}"), ("id", $"id-{canary.Text}"), ("type", $"type-{canary.Text}"), ("private", "")]);
        using HttpResponseMessage json = await PublishJsonAsync(app, $$"""[{"topic":"{{topic}}","data":{"x":"{{canary.Text}}"},"private":true}]""");
        Assert.Equal(HttpStatusCode.OK, json.StatusCode);
        await app.AcceptAsync(Publisher, ("topic", "end"), ("data", "end"));

        foreach (TestStream stream in inside)
        {
            await ReadToEndOfTestAsync(stream);
            Assert.Contains($"data {canary.Text}", stream.Text, StringComparison.Ordinal);
            Assert.Contains($"event: type-{canary.Text}\n", stream.Text, StringComparison.Ordinal);
        }

        string?[] cursors = ["earliest", before, "from-nowhere", ""];
        List<TestStream> replayed = [];
        foreach (string? cursor in cursors)
        {
            replayed.AddRange(await OpenAsync(app, Outsiders, cursor));
        }

        await app.AcceptAsync(Publisher, ("topic", "end"), ("data", "end"));
        foreach (TestStream stream in outside.Concat(replayed))
        {
            await ReadToEndOfTestAsync(stream);
            canary.AssertNotIn("a stream", stream.Text);
            canary.AssertNotIn("the head of a stream", stream.Response.Headers.ToString());
        }

        await AskEverythingAsync(app, canary, topic);
        foreach (string told in canary.Told)
        {
            canary.AssertNotIn("a metric or a span", told);
        }

        foreach ((LogLevel _, string text) in app.Log.Lines)
        {
            canary.AssertNotIn("the log", text);
        }

        foreach (TestStream stream in outside.Concat(inside).Concat(replayed))
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task Rights_that_have_shrunk_hide_what_was_seen_before()
    {
        using var canary = new Canary();
        await using TestApp app = await StartAsync();
        string both = GuardedHub.Current(subscribe: ["a", "b"]);
        await using TestStream first = await app.SubscribeWithAsync(both, "match=*");
        await app.AcceptAsync(Publisher, ("topic", "a"), ("data", $"a1 {canary.Text}"), ("private", ""));
        string cursor = (await first.ReadEventsAsync(1))[0].LastEventId;
        await app.AcceptAsync(Publisher, ("topic", "a"), ("data", $"a2 {canary.Text}"), ("private", ""));
        await app.AcceptAsync(Publisher, ("topic", "b"), ("data", "b"), ("private", ""));
        await app.AcceptAsync(Publisher, ("topic", "end"), ("data", "end"));

        // From the old cursor and from the beginning, in the other dialect and as nobody.
        foreach ((string? token, string[] expected) in new (string?, string[])[]
        {
            (GuardedHub.Current(subscribe: ["b"]), ["b", "end"]), (GuardedHub.LegacySubscriber("b"), ["b", "end"]), (null, ["end"]), (GuardedHub.Current(subscribe: ["A", "a/"]), ["end"]),
        })
        {
            foreach (string place in new[] { cursor, "earliest" })
            {
                await using TestStream stream = await app.SubscribeWithAsync(token, "match=*", place);
                await ReadToEndOfTestAsync(stream);
                Assert.Equal(expected, stream.Events.Select(decoded => decoded.Data));
                canary.AssertNotIn("a replay", stream.Text);
            }
        }

        await ReadToEndOfTestAsync(first);
        Assert.Equal(4, first.Events.Count);
    }

    // Texts whose parts, joined, are the same as those of others.
    [Theory]
    [InlineData("a_b", "a", "b_c")]
    [InlineData("a|b", "a", "|b")]
    [InlineData("a,b", "a", "b")]
    [InlineData("a b", "a", "b")]
    [InlineData("a;exact", "a", ";exact")]
    [InlineData("urlpattern:/a", "/a", "urlpattern")]
    [InlineData("/a/:x", "/a/1", "/a/x:")]
    [InlineData("{x}", "x", "{y}")]
    [InlineData("exact_a", "a", "exact")]
    public async Task No_grant_is_taken_for_another_one_whose_text_looks_like_it(string topic, string first, string second)
    {
        await using TestApp app = await StartAsync();
        await app.AcceptAsync(Publisher, ("topic", topic), ("data", "private"), ("private", ""));
        await app.AcceptAsync(Publisher, ("topic", $"{topic}x"), ("data", "private"), ("private", ""));

        // The one who may comes first, so that whatever is remembered is remembered of him.
        string granted = Forge.Good(("authorization_details", $$"""[{"type":"https://mercure.rocks/authorization-detail","actions":["subscribe"],"topics":[{"match":"{{topic}}"}]}]"""));
        string near = Forge.Good(
            ("authorization_details", $$"""[{"type":"https://mercure.rocks/authorization-detail","actions":["subscribe"],"topics":[{"match":"{{first}}"},{"match":"{{second}}"}]}]"""));
        foreach ((string token, int expected) in new[] { (granted, 1), (near, 0), (granted, 1), (near, 0) })
        {
            await using TestStream stream = await app.SubscribeWithAsync(token, "match=*", "earliest");
            await app.AcceptAsync(Publisher, ("topic", "end"), ("data", "end"));
            await ReadToEndOfTestAsync(stream);
            Assert.Equal(expected, stream.Events.Count(decoded => decoded.Data == "private"));
        }
    }

    // The same public events in two hubs, one of which has private ones between them: nobody can tell which is which.
    [Theory]
    [InlineData("match=*", "earliest")]
    [InlineData("match=*", "from-nowhere")]
    [InlineData("match=*", "")]
    [InlineData("topic=*", null)]
    [InlineData("match=public&gap=header", "#AAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_hub_with_private_events_looks_like_one_without(string query, string? cursor)
    {
        List<string> transcripts = [];
        foreach (int hidden in new[] { 0, 50 })
        {
            await using TestApp app = await StartAsync();
            await using TestStream dispatched = await app.SubscribeWithAsync(null, "match=*");
            for (int i = 0; i < 2; i++)
            {
                await HideAsync(app, hidden);
                await app.AcceptAsync(Publisher, ("topic", "public"), ("data", $"{i}"));
            }

            await HideAsync(app, hidden);
            await dispatched.ReadEventsAsync(2); // what is not dispatched yet may be live for the stream that is opened now
            await using TestStream stream = await app.SubscribeWithAsync(null, query, cursor);
            await HideAsync(app, hidden);
            await app.AcceptAsync(Publisher, ("topic", "public"), ("data", "live"));
            await stream.ReadUntilAsync(text => text.Contains("data: live\nid: ", StringComparison.Ordinal) && text.EndsWith("\n\n", StringComparison.Ordinal));
            stream.Response.Headers.Date = null;
            transcripts.Add(Id().Replace(stream.Response.Headers + stream.Text, match => new string('?', match.Length)));
        }

        Assert.Equal(transcripts[0], transcripts[1]);
    }

    private static async Task HideAsync(TestApp app, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await app.Broker.PublishAsync(["public"], new ServerEvent("hidden"), EventAudience.Granted, idempotencyKey: null, TestApp.Cancellation);
        }
    }

    /// <summary>Asks the hub for everything that might be told to somebody without rights: heads, errors, the same id again, health.</summary>
    private static async Task AskEverythingAsync(TestApp app, Canary canary, string topic)
    {
        string eve = GuardedHub.Current(publish: ["other"], subscribe: ["other"], subject: "eve");
        List<HttpResponseMessage> answers = [];
        foreach (string query in new[] { "match=*", "match=", "match_urlpattern=(", "match=a&topic=a", "nothing=1", "match=*&last_event_id=earliest" })
        {
            foreach (HttpMethod method in new[] { HttpMethod.Head, HttpMethod.Delete })
            {
                answers.Add(await app.AskAsync(method, $"{TestApp.HubPath}?{query}", ("Last-Event-ID", "earliest")));
                answers.Add(await app.AskAsync(method, $"{TestApp.HubPath}?{query}", ("Authorization", $"Bearer {eve}")));
            }
        }

        // The topic is in these requests; not even then is it repeated.
        answers.Add(await app.PublishWithAsync(eve, ("topic", topic), ("data", "x")));
        answers.Add(await app.PublishWithAsync(eve, ("topic", "other"), ("topic", topic), ("data", "x"), ("private", "")));
        answers.Add(await app.PublishWithAsync(null, ("topic", topic), ("data", "x")));
        answers.Add(await app.PublishWithAsync(Publisher, ("topic", topic), ("retry", canary.Text)));
        answers.Add(await app.PublishWithAsync(Publisher, ("topic", topic), ("id", $"#{canary.Text}")));
        answers.Add(await app.PublishWithAsync(Publisher, ("topic", $"{topic}\n")));
        answers.Add(await PublishJsonAsync(app, $$"""{"topic":"{{topic}}","{{canary.Text}}":1}"""));
        answers.Add(await PublishJsonAsync(app, $$"""{"topic":"{{topic}}","data":"{{canary.Text}}"""));
        answers.Add(await app.AskAsync(HttpMethod.Get, "/health"));
        answers.Add(await app.AskAsync(HttpMethod.Get, "/nowhere"));
        foreach (HttpResponseMessage answer in answers)
        {
            canary.AssertNotIn("an answer", $"{answer.StatusCode} {answer.Headers} {answer.Content.Headers} {await answer.Content.ReadAsStringAsync(TestApp.Cancellation)}");
            answer.Dispose();
        }
    }

    private static async Task<HttpResponseMessage> PublishJsonAsync(TestApp app, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, TestApp.HubPath);
        request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        GuardedHub.Authorize(request, Publisher);
        return await app.Client.SendAsync(request, TestApp.Cancellation);
    }

    private static Task<TestStream[]> OpenAsync(TestApp app, (string? Token, string Query)[] who, string? lastEventId) =>
        Task.WhenAll(who.Select(one => app.SubscribeWithAsync(one.Token, one.Query, lastEventId)));

    private static Task<string> ReadToEndOfTestAsync(TestStream stream) => stream.ReadUntilAsync(text => text.Contains("data: end\n", StringComparison.Ordinal));

    private static Task<TestApp> StartAsync() => GuardedHub.StartAsync(
        build: builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Trace);
            builder.Services.AddHealthChecks().AddTidings();
        },
        map: web =>
        {
            web.MapTidings();
            web.MapHealthChecks("/health");
        });

    // The hub's own ids: a number sign and 22 characters of base64url.
    [GeneratedRegex("#[A-Za-z0-9_-]{22}", RegexOptions.None, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Id();
}
