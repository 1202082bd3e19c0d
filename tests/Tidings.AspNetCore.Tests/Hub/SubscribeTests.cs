using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Hub;

public sealed class SubscribeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Headers_and_a_comment_come_at_once_and_then_each_event(bool http2)
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("news", http2: http2);

        Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode);
        Assert.Equal("text/event-stream", stream.Response.Content.Headers.ContentType?.ToString());
        Assert.Equal(":\n", await stream.ReadUntilAsync(text => text.Length >= 2));

        string id = await app.PublishAsync("news", "hi");
        await app.PublishAsync("sport", "no");
        await stream.ReadEventsAsync(1);

        Assert.Equal($":\ndata: hi\nid: {id}\n\n", stream.Text);
    }

    [Fact]
    public async Task No_cache_no_proxy_and_no_compressor_may_keep_or_hold_back_the_stream()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("news");

        string cacheControl = stream.Response.Headers.CacheControl!.ToString();
        Assert.Contains("no-cache", cacheControl, StringComparison.Ordinal);
        Assert.Contains("no-store", cacheControl, StringComparison.Ordinal);
        Assert.Contains("no-transform", cacheControl, StringComparison.Ordinal);
        Assert.Equal("no", Assert.Single(stream.Response.Headers.GetValues("X-Accel-Buffering")));
        Assert.Empty(stream.Response.Content.Headers.ContentEncoding);
    }

    [Theory]
    [InlineData("match=news", new[] { "news" })]
    [InlineData("match_exact=news", new[] { "news" })]
    [InlineData("topic=news", new[] { "news" })]
    [InlineData("match=news&match_exact=sport", new[] { "news", "sport" })]
    [InlineData("match=*", new[] { "news", "sport", "a b+c" })]
    [InlineData("topic=*", new[] { "news", "sport", "a b+c" })]
    [InlineData("match=a+b%2Bc", new[] { "a b+c" })]
    [InlineData("match=news&authorization=x&foo=bar&&=", new[] { "news" })]
    public async Task A_stream_holds_what_its_matchers_select(string query, string[] expected)
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?{query}");
        foreach (string topic in new[] { "news", "sport", "a b+c" })
        {
            await app.PublishAsync(topic, topic);
        }

        IReadOnlyList<DecodedEvent> events = await stream.ReadEventsAsync(expected.Length);

        Assert.Equal(expected, events.Select(decoded => decoded.Data));
    }

    [Theory]
    [InlineData("", "match")]
    [InlineData("?", "match")]
    [InlineData("?topics=news", "match")]
    [InlineData("??match=news", "match")]
    [InlineData("?match=", "match")]
    [InlineData("?match=a%0Ab", "match")]
    [InlineData("?match=a%00b", "match")]
    [InlineData("?match=a%E2%80%8Bb", "match")]
    [InlineData("?match=%FF", "match")]
    [InlineData("?match=%C0%AE", "match")]
    [InlineData("?match_urlpattern=/x/(:y", "match_urlpattern")]
    [InlineData("?MATCH=news", "MATCH")]
    [InlineData("?matchfoo=news", "matchfoo")]
    [InlineData("?match=news&topic=news", "topic")]
    public async Task A_bad_query_is_answered_with_a_problem_that_names_the_field(string query, string field)
    {
        await using TestApp app = await TestApp.StartAsync();

        using HttpResponseMessage response = await app.Client.GetAsync(
            TestApp.HubPath + query, HttpCompletionOption.ResponseHeadersRead, TestApp.Cancellation); // a stream would have no end to wait for

        await AssertProblemAsync(response, HttpStatusCode.BadRequest, field);
    }

    [Fact]
    public async Task More_matchers_than_allowed_are_refused()
    {
        await using TestApp app = await TestApp.StartAsync(options => options.MaxMatchers = 3);

        await using TestStream enough = await app.OpenAsync($"{TestApp.HubPath}?match=a&match=b&match=c");
        using HttpResponseMessage tooMany = await app.Client.GetAsync($"{TestApp.HubPath}?match=a&match=b&match=c&match=d", TestApp.Cancellation);

        Assert.Equal(HttpStatusCode.OK, enough.Response.StatusCode);
        await AssertProblemAsync(tooMany, HttpStatusCode.BadRequest, "match");
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("text/event-stream", true)]
    [InlineData("*/*", true)]
    [InlineData("text/*;q=0.5, application/json", true)]
    [InlineData("text/html, application/xhtml+xml", false)]
    [InlineData("text/event-stream;q=0", false)]
    [InlineData("nonsense", false)]
    public async Task An_event_stream_is_sent_only_to_those_who_accept_one(string? accept, bool accepted)
    {
        await using TestApp app = await TestApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{TestApp.HubPath}?match=news");
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using HttpResponseMessage response = await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestApp.Cancellation);

        if (accepted)
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        else
        {
            await AssertProblemAsync(response, HttpStatusCode.NotAcceptable, "Accept");
        }
    }

    [Fact]
    public async Task Head_is_answered_with_the_headers_alone()
    {
        await using TestApp app = await TestApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, $"{TestApp.HubPath}?match=news");

        using HttpResponseMessage response = await app.Client.SendAsync(request, TestApp.Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestApp.Cancellation));
    }

    [Fact]
    public async Task Other_methods_are_not_allowed()
    {
        await using TestApp app = await TestApp.StartAsync();

        using HttpResponseMessage response = await app.Client.DeleteAsync(TestApp.HubPath, TestApp.Cancellation);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Theory]
    [InlineData("header")]
    [InlineData("last_event_id")]
    [InlineData("lastEventID")]
    [InlineData("Last-Event-ID")]
    public async Task A_client_that_comes_back_with_its_last_id_receives_what_it_has_missed(string how)
    {
        await using TestApp app = await TestApp.StartAsync();
        string first = await app.PublishAsync("news", "1");
        string second = await app.PublishAsync("news", "2");

        string query = how == "header" ? "" : $"&{how}={Uri.EscapeDataString(first)}";
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news{query}", how == "header" ? first : null);
        await stream.ReadEventsAsync(1);

        Assert.Equal([new DecodedEvent("message", "2", second)], stream.Events);
        Assert.Equal(first, Assert.Single(stream.Response.Headers.GetValues("Mercure-Last-Event-ID")));
        Assert.Equal(first, Assert.Single(stream.Response.Headers.GetValues("Last-Event-ID")));
    }

    [Fact]
    public async Task The_header_wins_over_the_query()
    {
        await using TestApp app = await TestApp.StartAsync();
        string first = await app.PublishAsync("news", "1");
        string second = await app.PublishAsync("news", "2");
        await app.PublishAsync("news", "3");

        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news&last_event_id={Uri.EscapeDataString(first)}", second);

        Assert.Equal(["3"], (await stream.ReadEventsAsync(1)).Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task A_publishers_own_id_beyond_ascii_is_a_cursor_too()
    {
        await using TestApp app = await TestApp.StartAsync();
        await app.PublishAsync(("topic", "news"), ("data", "1"), ("id", "grüße-🦊"));
        await app.PublishAsync("news", "2");

        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news&last_event_id={Uri.EscapeDataString("grüße-🦊")}");

        Assert.Equal(["2"], (await stream.ReadEventsAsync(1)).Select(decoded => decoded.Data));
        Assert.Equal("gr%C3%BC%C3%9Fe-%F0%9F%A6%8A", Assert.Single(stream.Response.Headers.GetValues("Mercure-Last-Event-ID")));
    }

    [Fact]
    public async Task Earliest_replays_everything_and_says_so()
    {
        await using TestApp app = await TestApp.StartAsync();
        await app.PublishAsync("news", "1");
        await app.PublishAsync("news", "2");

        await using TestStream stream = await app.SubscribeAsync("news", "earliest");

        Assert.Equal(["1", "2"], (await stream.ReadEventsAsync(2)).Select(decoded => decoded.Data));
        Assert.Equal("earliest", Assert.Single(stream.Response.Headers.GetValues("Mercure-Last-Event-ID")));
    }

    [Fact]
    public async Task An_unknown_id_is_told_as_a_gap_in_the_stream_and_in_the_header()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("news", "from-nowhere");

        DecodedEvent gap = Assert.Single(await stream.ReadEventsAsync(1));

        Assert.Equal("tidings-gap", gap.Type);
        Assert.Equal("from-nowhere", JsonDocument.Parse(gap.Data).RootElement.GetProperty("requested").GetString());
        Assert.Equal("earliest", Assert.Single(stream.Response.Headers.GetValues("Mercure-Last-Event-ID")));
    }

    [Fact]
    public async Task A_client_may_ask_to_be_told_of_a_gap_by_the_header_alone()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news&gap=header", "from-nowhere");
        await app.PublishAsync("news", "1");

        Assert.Equal(["1"], (await stream.ReadEventsAsync(1)).Select(decoded => decoded.Data));
        Assert.Equal("earliest", Assert.Single(stream.Response.Headers.GetValues("Mercure-Last-Event-ID")));
    }

    [Fact]
    public async Task A_cursor_that_tries_to_write_headers_writes_none()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news&last_event_id=x%0d%0aX-Evil:%20yes");

        await stream.ReadEventsAsync(1);

        Assert.False(stream.Response.Headers.Contains("X-Evil"));
        Assert.DoesNotContain("\nX-Evil", stream.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Private_events_are_shown_to_nobody_who_was_granted_nothing()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream live = await app.SubscribeAsync("*");
        await app.PublishAsync(("topic", "news"), ("data", "secret"), ("private", ""));
        await app.PublishAsync("news", "public");
        await using TestStream replay = await app.SubscribeAsync("*", "earliest");

        Assert.Equal(["public"], (await live.ReadEventsAsync(1)).Select(decoded => decoded.Data));
        Assert.Equal(["public"], (await replay.ReadEventsAsync(1)).Select(decoded => decoded.Data));
    }

    // The place of its cursor cannot be looked up then, and for any status but 200 a browser gives up for good (WHATWG HTML 9.2.2).
    [Theory]
    [InlineData("text/event-stream", HttpStatusCode.OK)]
    [InlineData("*/*", HttpStatusCode.ServiceUnavailable)]
    public async Task While_the_log_does_not_answer_a_client_with_a_cursor_is_told_when_to_come_back(string accept, HttpStatusCode status)
    {
        HookedLog log = new(new InMemoryEventLog());
        await using TestApp app = await TestApp.StartAsync(build: builder => builder.Services.AddSingleton<IEventLog>(log));
        log.Position = _ => throw new EventLogException("It is away.");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{TestApp.HubPath}?match=news&last_event_id=earliest");
        request.Headers.Accept.ParseAdd(accept);

        await using TestStream stream = await TestStream.OpenAsync(app.NewClient(), request);
        await stream.ReadToEndAsync();
        log.Position = null;

        Assert.Equal(status, stream.Response.StatusCode);
        Assert.True(stream.Text.Contains("\nretry: ", StringComparison.Ordinal) || stream.Response.Headers.RetryAfter is not null, stream.Text);
    }

    internal static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status, string? field)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestApp.Cancellation));
        Assert.Equal((int)status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.RootElement.GetProperty("detail").GetString()!);
        Assert.Equal(field, problem.RootElement.TryGetProperty("field", out JsonElement name) ? name.GetString() : null);
    }
}
