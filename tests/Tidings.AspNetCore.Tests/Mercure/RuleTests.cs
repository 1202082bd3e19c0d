using System.Net;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Mercure;

/// <summary>Rules of the Mercure protocol that no other test states; docs/internals/mercure.md has them all.</summary>
public sealed class RuleTests
{
    private static readonly string Publisher = GuardedHub.Current(publish: ["*"]);

    // "Subscription": one for each matcher, identical ones may be merged; an event is sent once in any case.
    [Theory]
    [InlineData("match=a&match=a&match_exact=a&match=*&match_urlpattern=*")]
    [InlineData("topic=a&topic=b&topic=*&topic={x}")]
    public async Task An_event_that_several_matchers_select_is_sent_once(string query)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        await using TestStream stream = await app.SubscribeWithAsync(null, query);

        await app.AcceptAsync(Publisher, ("topic", "a"), ("topic", "b"), ("data", "1"));
        await app.AcceptAsync(Publisher, ("topic", "b"), ("topic", "a"), ("data", "2"));

        Assert.Equal(["1", "2"], Data(await stream.ReadEventsAsync(2)));
    }

    // "Subscription": names have a case, whatever begins with "match" and is none of the matchers is refused, and so is a request without any.
    [Theory]
    [InlineData("Topic=a", "match")]
    [InlineData("Match=a", "Match")]
    [InlineData("match_regex=a", "match_regex")]
    [InlineData("match=a&MATCH_FOO=a", "MATCH_FOO")]
    [InlineData("matches=a", "matches")]
    [InlineData("last_event_id=earliest", "match")]
    public async Task A_matcher_that_is_not_known_is_refused(string query, string field)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        using HttpResponseMessage response = await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?{query}");
        await Hub.SubscribeTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, field);
        Assert.Empty(response.Headers.WwwAuthenticate);
    }

    // "Matching": byte by byte, nothing normalised, nothing resolved.
    [Theory]
    [InlineData("https://example.com/", "https://EXAMPLE.com/")]
    [InlineData("https://example.com/a", "https://example.com/%61")]
    [InlineData("https://example.com", "https://example.com/")]
    [InlineData("/a", "https://hub.example/a")]
    [InlineData("\u00E9", "e\u0301")]
    [InlineData("a", "a ")]
    public async Task Exact_is_exact(string matcher, string other)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        await using TestStream stream = await app.SubscribeWithAsync(null, $"match={Uri.EscapeDataString(matcher)}");

        await app.AcceptAsync(Publisher, ("topic", other), ("data", "no"));
        await app.AcceptAsync(Publisher, ("topic", matcher), ("data", "yes"));

        Assert.Equal(["yes"], Data(await stream.ReadEventsAsync(1)));
    }

    // "Publication": the first topic is the canonical one, the others are alternates; a match of any of them is enough.
    [Fact]
    public async Task An_alternate_topic_is_as_good_as_the_canonical_one()
    {
        await using TestApp app = await GuardedHub.StartAsync();
        await using TestStream stream = await app.SubscribeWithAsync(null, "match=c");

        await app.AcceptAsync(Publisher, ("topic", "a"), ("topic", "b"), ("topic", "c"), ("data", "1"));

        Assert.Equal(["1"], Data(await stream.ReadEventsAsync(1)));
    }

    // "Publication": the presence of "private" makes it so, whatever its value.
    [Theory]
    [InlineData("")]
    [InlineData("on")]
    [InlineData("0")]
    [InlineData("false")]
    public async Task Private_is_private_whatever_the_value(string value)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        await using TestStream nobody = await app.SubscribeWithAsync(null, "match=*");
        await using TestStream granted = await app.SubscribeWithAsync(GuardedHub.Current(subscribe: ["a"]), "match=*");

        await app.AcceptAsync(Publisher, ("topic", "a"), ("data", "private"), ("private", value));
        await app.AcceptAsync(Publisher, ("topic", "a"), ("data", "public"));

        Assert.Equal(["public"], Data(await nobody.ReadEventsAsync(1)));
        Assert.Equal(["private", "public"], Data(await granted.ReadEventsAsync(2)));
    }

    // "Publication": unknown fields are ignored; they cannot be anything else, because later versions will have more.
    [Fact]
    public async Task Fields_that_are_not_known_are_ignored()
    {
        await using TestApp app = await GuardedHub.StartAsync();
        await using TestStream stream = await app.SubscribeWithAsync(null, "match=a");

        await app.AcceptAsync(Publisher, ("topic", "a"), ("data", "x"), ("Private", "on"), ("foo", "bar"), ("", ""));

        Assert.Equal(["x"], Data(await stream.ReadEventsAsync(1)));
    }

    // "Reconciliation": whoever sent a cursor, be it an empty one, is told where the stream begins.
    [Theory]
    [InlineData("")]
    [InlineData("earliest")]
    [InlineData("from-nowhere")]
    [InlineData("#AAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_cursor_that_leads_nowhere_is_answered_with_earliest(string cursor)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        await using TestStream inQuery = await app.SubscribeWithAsync(null, $"match=*&last_event_id={Uri.EscapeDataString(cursor)}");
        await using TestStream inHeader = await app.SubscribeWithAsync(null, "match=*", cursor);

        Assert.Equal("earliest", Assert.Single(inQuery.Response.Headers.GetValues("Mercure-Last-Event-ID")));
        Assert.Equal("earliest", Assert.Single(inHeader.Response.Headers.GetValues("Mercure-Last-Event-ID")));
    }

    // "Reconciliation": an id that was used twice stands for its oldest use, and everything after that is sent, later uses included.
    [Fact]
    public async Task An_id_that_was_used_twice_stands_for_the_oldest_event()
    {
        await using TestApp app = await GuardedHub.StartAsync();
        foreach ((string id, string data) in new[] { ("x", "1"), ("y", "2"), ("x", "3"), ("z", "4") })
        {
            await app.AcceptAsync(Publisher, ("topic", "a"), ("data", data), ("id", id));
        }

        await using TestStream stream = await app.SubscribeWithAsync(null, "match=*", "x");

        Assert.Equal(["2", "3", "4"], Data(await stream.ReadEventsAsync(3)));
    }

    // "Reconciliation": every event carries an id, also where the publisher gave none.
    [Fact]
    public async Task Every_event_has_an_id()
    {
        await using TestApp app = await GuardedHub.StartAsync();
        await using TestStream stream = await app.SubscribeWithAsync(null, "match=*");

        string made = await app.AcceptAsync(Publisher, ("topic", "a"));
        string given = await app.AcceptAsync(Publisher, ("topic", "a"), ("id", "urn:uuid:5e94c686-2c0b-4f9b-958c-92ccc3bbb4eb"));
        string empty = await app.AcceptAsync(Publisher, ("topic", "a"), ("id", ""));

        Assert.Equal([made, given, empty], (await stream.ReadEventsAsync(3)).Select(decoded => decoded.LastEventId));
        Assert.Equal("urn:uuid:5e94c686-2c0b-4f9b-958c-92ccc3bbb4eb", given);
    }

    // "Authorization": with a header the cookie does not count, in either dialect, and a bad header is not saved by a good cookie.
    [Fact]
    public async Task A_header_outranks_every_cookie()
    {
        await using TestApp app = await GuardedHub.StartAsync();
        string cookie = $"__Secure-mercure_access_token={GuardedHub.Current(subscribe: ["*"])}; mercureAuthorization={GuardedHub.LegacySubscriber("*")}";
        await using TestStream stream = await app.SubscribeWithAsync(GuardedHub.Current(subscribe: ["b"]), "match=*", headers: ("Cookie", cookie));
        using HttpResponseMessage bad = await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?match=*", ("Authorization", "Bearer x"), ("Cookie", cookie));

        await app.AcceptAsync(Publisher, ("topic", "a"), ("data", "a"), ("private", ""));
        await app.AcceptAsync(Publisher, ("topic", "b"), ("data", "b"), ("private", ""));

        Assert.Equal(["b"], Data(await stream.ReadEventsAsync(1)));
        Assert.Equal(HttpStatusCode.Unauthorized, bad.StatusCode);
    }

    // Some clients of the platform libraries say what they accept in forms that no grammar has.
    [Theory]
    [InlineData("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2")]
    [InlineData("*/*;q=0.8")]
    public async Task What_old_http_clients_accept_by_default_is_accepted(string accept)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        await using TestStream stream = await app.SubscribeWithAsync(null, "match=*", headers: ("Accept", accept));
        Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode);
    }

    private static IEnumerable<string> Data(IEnumerable<DecodedEvent> events) => events.Select(decoded => decoded.Data);
}
