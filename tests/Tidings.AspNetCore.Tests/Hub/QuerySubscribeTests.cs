using System.Net;
using System.Text;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Hub;

/// <summary>A subscription whose parameters are in the body: the method QUERY (Mercure protocol, section "Subscription").</summary>
public sealed class QuerySubscribeTests
{
    private static readonly HttpMethod Query = new("QUERY");

    [Fact]
    public async Task Parameters_of_the_query_and_of_the_body_are_united()
    {
        await using TestApp app = await TestApp.StartAsync();
        string first = await app.PublishAsync("b", "0");
        await app.PublishAsync("b", "1");
        await using TestStream stream = await OpenAsync(app, "?match=a&last_event_id=" + Uri.EscapeDataString(first), "match=b&match_urlpattern=/c/:d&last_event_id=earliest");

        await app.PublishAsync("a", "2");
        await app.PublishAsync("/c/1", "3");
        await app.PublishAsync("d", "not asked for");
        await app.PublishAsync("b", "4");

        Assert.Equal(["1", "2", "3", "4"], (await stream.ReadEventsAsync(4)).Select(received => received.Data));
    }

    [Fact]
    public async Task The_header_with_the_cursor_wins_over_both()
    {
        await using TestApp app = await TestApp.StartAsync();
        await app.PublishAsync("b", "0");
        string second = await app.PublishAsync("b", "1");
        await app.PublishAsync("b", "2");

        await using TestStream stream = await OpenAsync(app, "?last_event_id=earliest", "match=b&last_event_id=earliest", second);

        Assert.Equal("2", Assert.Single(await stream.ReadEventsAsync(1)).Data);
    }

    [Theory]
    [InlineData("", "match=a&cursor=heartbeat")]
    [InlineData("?cursor=heartbeat", "match=a")]
    public async Task Cursor_heartbeats_are_asked_for_in_either(string query, string body)
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await OpenAsync(app, query, body);

        Assert.Matches(@"^:\nid: #[\w-]{22}\n\n$", await stream.ReadUntilAsync(text => text.EndsWith("\n\n", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("text/plain", "match=a", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json", "{}", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/x-www-form-urlencoded", "", HttpStatusCode.BadRequest)]
    [InlineData("application/x-www-form-urlencoded", "match=%FF", HttpStatusCode.BadRequest)]
    [InlineData("application/x-www-form-urlencoded", "match=a&topic=b", HttpStatusCode.BadRequest)]
    [InlineData("application/x-www-form-urlencoded", "match=a&padding=0123456789012345678901234567890123456789", HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_body_that_is_no_subscription_is_refused(string contentType, string body, HttpStatusCode status)
    {
        await using TestApp app = await TestApp.StartAsync(options => options.MaxBodyBytes = 40);
        using var request = new HttpRequestMessage(Query, TestApp.HubPath) { Content = new StringContent(body, Encoding.UTF8, contentType) };

        using HttpResponseMessage response = await app.Client.SendAsync(request, TestApp.Cancellation);

        Assert.Equal(status, response.StatusCode);
    }

    private static Task<TestStream> OpenAsync(TestApp app, string query, string body, string? lastEventId = null)
    {
        var request = new HttpRequestMessage(Query, TestApp.HubPath + query) { Content = new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded") };
        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        return TestStream.OpenAsync(app.NewClient(), request);
    }
}
