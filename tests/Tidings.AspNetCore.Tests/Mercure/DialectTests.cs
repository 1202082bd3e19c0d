using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Mercure;

/// <summary>Both dialects at one hub at the same time: who may do what, and how it is answered. The users of the app are the third kind.</summary>
public sealed class DialectTests
{
    private const string Metadata = """Bearer resource_metadata="https://hub.example/.well-known/oauth-protected-resource/.well-known/mercure" """;

    private const string Bare = "Bearer";
    private static readonly string Missing = Metadata.TrimEnd();
    private static readonly string Invalid = $"{Missing}, error=\"invalid_token\"";
    private static readonly string Insufficient = $"{Missing}, error=\"insufficient_scope\"";

    /// <summary>What a kind of client shows; null for nothing.</summary>
    private static string? Shown(string kind) => kind switch
    {
        "nobody" => null,
        "1.0 publisher of a" => GuardedHub.Current(publish: ["a"]),
        "1.0 subscriber" => GuardedHub.Current(subscribe: ["*"]),
        "1.0 without rights" => GuardedHub.Current(),
        "1.0 expired" => GuardedHub.Current(publish: ["*"], subscribe: ["*"], seconds: 0),
        "0.x publisher of a" => GuardedHub.LegacyPublisher("a"),
        "0.x subscriber" => GuardedHub.LegacySubscriber("*"),
        "0.x without rights" => GuardedHub.LegacyPublisher(),
        "0.x expired" => GuardedHub.LegacySubscriber(0, "*"),
        "0.x of the subscribers' key that claims to publish" => Forge.Legacy(Forge.SubscriberSecret),
        "0.x and 1.0 with the key of 0.x" => Forge.Legacy(Forge.PublisherSecret, ("authorization_details", Forge.AllTopics)),
        "user" => "user:bob",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };

    [Theory]
    [InlineData("nobody", "a", 401, "missing")]
    [InlineData("1.0 publisher of a", "a", 200, null)]
    [InlineData("1.0 publisher of a", "z", 403, "insufficient")]
    [InlineData("1.0 publisher of a", "a z", 403, "insufficient")]
    [InlineData("1.0 publisher of a", "z a", 403, "insufficient")]
    [InlineData("1.0 publisher of a", "a a", 200, null)]
    [InlineData("1.0 subscriber", "a", 403, "insufficient")]
    [InlineData("1.0 without rights", "a", 403, "insufficient")]
    [InlineData("1.0 expired", "a", 401, "invalid")]
    [InlineData("0.x publisher of a", "a", 200, null)]
    [InlineData("0.x publisher of a", "z", 401, "bare")]
    [InlineData("0.x publisher of a", "a z", 401, "bare")]
    [InlineData("0.x subscriber", "a", 401, "bare")]
    [InlineData("0.x without rights", "a", 401, "bare")]
    [InlineData("0.x expired", "a", 401, "invalid")]
    [InlineData("0.x of the subscribers' key that claims to publish", "a", 401, "bare")]
    [InlineData("0.x and 1.0 with the key of 0.x", "a", 401, "invalid")]
    [InlineData("user", "app/bob", 200, null)]
    [InlineData("user", "app/bob a", 403, "insufficient")]
    public async Task Publishing_needs_a_right_to_every_topic_and_is_refused_as_the_dialect_of_the_token_says(string kind, string topics, int status, string? challenge)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        foreach (string audience in new[] { "public", "private" })
        {
            (string, string)[] fields = [.. topics.Split(' ').Select(topic => ("topic", topic)), ("data", "x"), (audience, "")];
            using HttpResponseMessage response = await app.PublishWithAsync(Shown(kind), fields);

            Assert.Equal(status, (int)response.StatusCode);
            string body = await response.Content.ReadAsStringAsync(TestApp.Cancellation);
            if (status == 200)
            {
                Assert.Equal("text/plain; charset=utf-8", response.Content.Headers.ContentType!.ToString());
                Assert.Matches("^#[A-Za-z0-9_-]{22}$", body);
            }
            else
            {
                await AssertRefusedAsync(response, challenge);
                Assert.Equal(0, await StoredAsync(app));
            }
        }
    }

    [Theory]
    [InlineData("nobody", true, 200, null)]
    [InlineData("nobody", false, 401, "missing")]
    [InlineData("1.0 publisher of a", false, 200, null)]
    [InlineData("1.0 subscriber", false, 200, null)]
    [InlineData("1.0 without rights", false, 200, null)]
    [InlineData("1.0 expired", true, 401, "invalid")]
    [InlineData("0.x subscriber", false, 200, null)]
    [InlineData("0.x without rights", false, 200, null)]
    [InlineData("0.x expired", true, 401, "invalid")]
    [InlineData("0.x and 1.0 with the key of 0.x", true, 401, "invalid")]
    [InlineData("user", false, 200, null)]
    public async Task Subscribing_needs_a_good_token_or_none_where_nobody_is_welcome(string kind, bool allowsAnonymous, int status, string? challenge)
    {
        await using TestApp app = await GuardedHub.StartAsync(authorization: settings => settings.AllowAnonymous = allowsAnonymous);
        foreach (string query in new[] { "match=a", "match_urlpattern=/:a", "topic=a" })
        {
            await using TestStream stream = await app.SubscribeWithAsync(Shown(kind), query);

            Assert.Equal(status, (int)stream.Response.StatusCode);
            if (status == 200)
            {
                Assert.Equal("text/event-stream", stream.Response.Content.Headers.ContentType!.ToString());
            }
            else
            {
                AssertChallenge(stream.Response, challenge);
            }
        }
    }

    // The query routes, the token grants; neither cares for the dialect of the other, nor of the publisher.
    [Theory]
    [InlineData(null, "match=*", "public")]
    [InlineData(null, "topic=*", "public")]
    [InlineData("b", "match=*", "1.0,0.x,public")]
    [InlineData("b", "topic=*", "1.0,0.x,public")]
    [InlineData("b", "match=a", "1.0,0.x,public")]
    [InlineData("b", "topic=a", "1.0,0.x,public")]
    [InlineData("b", "topic={x}", "1.0,0.x,public")]
    [InlineData("b", "match=c", "")]
    [InlineData("b", "topic=c", "")]
    [InlineData("c", "match=*", "only c,public")]
    [InlineData("c", "match=c", "only c")]
    [InlineData("c", "topic=a", "public")]
    [InlineData("*", "match=*", "1.0,0.x,only c,public,user")]
    [InlineData("*", "topic=c&topic=app/bob", "only c,user")]
    [InlineData("user", "match=*", "public,user")]
    [InlineData("user", "topic=a", "public")]
    public async Task A_private_event_is_received_with_a_right_to_any_of_its_topics_live_and_replayed(string? granted, string query, string expected)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        string?[] tokens = granted switch
        {
            null => [null],
            "user" => ["user:bob"],
            _ => [GuardedHub.Current(subscribe: [granted]), GuardedHub.LegacySubscriber(granted)],
        };
        List<TestStream> streams = [];
        foreach (string? token in tokens)
        {
            streams.Add(await app.SubscribeWithAsync(token, $"{query}&{Name(query)}=end"));
        }

        await app.AcceptAsync(GuardedHub.Current(publish: ["*"]), ("topic", "a"), ("topic", "b"), ("data", "1.0"), ("private", "on"));
        await app.AcceptAsync(GuardedHub.LegacyPublisher("*"), ("topic", "a"), ("topic", "b"), ("data", "0.x"), ("private", "on"));
        await app.AcceptAsync(GuardedHub.LegacyPublisher("{x}"), ("topic", "c"), ("data", "only c"), ("private", "on"));
        await app.AcceptAsync(GuardedHub.Current(publish: ["a"]), ("topic", "a"), ("data", "public"));
        await app.AcceptAsync("user:bob", ("topic", "app/bob"), ("data", "user"), ("private", "on"));
        await app.AcceptAsync(GuardedHub.Current(publish: ["end"]), ("topic", "end"), ("data", "end"));
        foreach (string? token in tokens)
        {
            streams.Add(await app.SubscribeWithAsync(token, $"{query}&{Name(query)}=end", "earliest"));
        }

        foreach (TestStream stream in streams)
        {
            await stream.ReadUntilAsync(text => text.Contains("data: end\n", StringComparison.Ordinal));
            Assert.Equal([.. expected.Split(',', StringSplitOptions.RemoveEmptyEntries), "end"], stream.Text.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..]));
            await stream.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("match=a&topic=a")]
    [InlineData("topic=a&match_urlpattern=/a")]
    [InlineData("topic=a&match_exact=a")]
    public async Task One_request_speaks_one_dialect(string query)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        using HttpResponseMessage response = await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?{query}");
        await Hub.SubscribeTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, "topic");
    }

    [Theory]
    [InlineData("match=*", "last_event_id")]
    [InlineData("match=*", "lastEventID")]
    [InlineData("match=*", "Last-Event-ID")]
    [InlineData("topic=*", "last_event_id")]
    [InlineData("topic=*", "lastEventID")]
    [InlineData("topic=*", "Last-Event-ID")]
    public async Task A_cursor_is_understood_and_told_by_its_name_in_either_dialect(string query, string name)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        string publisher = GuardedHub.Current(publish: ["*"]);
        string first = await app.AcceptAsync(publisher, ("topic", "a"), ("data", "1"));
        await app.AcceptAsync(publisher, ("topic", "a"), ("data", "2"));
        await using TestStream stream = await app.SubscribeWithAsync(null, $"{query}&{name}={Uri.EscapeDataString(first)}");
        await using TestStream without = await app.SubscribeWithAsync(null, query);

        Assert.Equal("2", Assert.Single(await stream.ReadEventsAsync(1)).Data);
        foreach (string header in new[] { "Mercure-Last-Event-ID", "Last-Event-ID" })
        {
            Assert.Equal(first, Assert.Single(stream.Response.Headers.GetValues(header)));
            Assert.False(without.Response.Headers.Contains(header));
        }
    }

    private static string Name(string query) => query.StartsWith("topic", StringComparison.Ordinal) ? "topic" : "match";

    private static void AssertChallenge(HttpResponseMessage response, string? challenge) => Assert.Equal(
        challenge switch { "missing" => Missing, "invalid" => Invalid, "insufficient" => Insufficient, _ => Bare },
        response.Headers.WwwAuthenticate.ToString());

    private static async Task AssertRefusedAsync(HttpResponseMessage response, string? challenge)
    {
        AssertChallenge(response, challenge);
        Assert.True(response.Headers.CacheControl!.NoStore);
        await Hub.SubscribeTests.AssertProblemAsync(response, response.StatusCode, field: null);
    }

    private static async Task<long> StoredAsync(TestApp app) => (await app.Services.GetRequiredService<IEventLog>().GetPositionAsync(TestApp.Cancellation)).Last;
}
