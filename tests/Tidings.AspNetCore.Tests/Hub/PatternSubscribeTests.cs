using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Hub;

public sealed class PatternSubscribeTests
{
    private static readonly string[] Topics = ["https://example.com/books/1", "https://example.com/books/1/pages", "/books/2", "books"];

    [Theory]
    [InlineData("match_urlpattern=https://example.com/books/:id", new[] { 0 })]
    [InlineData("match_urlpattern=https://example.com/books/*", new[] { 0, 1 })]
    [InlineData("match_urlpattern=/books/:id", new[] { 2 })]
    [InlineData("match_urlpattern=*", new[] { 0, 1, 2, 3 })]
    [InlineData("match_urlpattern=/books/(\\d%2B)&match=books", new[] { 2, 3 })]
    [InlineData("topic=https://example.com/books/{id}", new[] { 0 })]
    [InlineData("topic=https://example.com{/path*}", new[] { 0, 1 })]
    [InlineData("topic={anything}&topic=/books/2", new[] { 2, 3 })]
    public async Task A_stream_holds_what_its_patterns_select(string query, int[] expected)
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?{query}");
        foreach (string topic in Topics)
        {
            await app.PublishAsync(topic, topic);
        }

        IReadOnlyList<DecodedEvent> events = await stream.ReadEventsAsync(expected.Length);

        Assert.Equal(expected.Select(index => Topics[index]), events.Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task Relative_patterns_and_topics_are_resolved_against_the_public_url()
    {
        await using TestApp app = await TestApp.StartAsync(options => options.PublicUrl = new Uri("https://example.com/hub"));
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match_urlpattern=/books/:id");

        await app.PublishAsync("https://other.example/books/1", "no");
        await app.PublishAsync("https://example.com/books/1", "absolute");
        await app.PublishAsync("books/1", "relative");

        IReadOnlyList<DecodedEvent> events = await stream.ReadEventsAsync(2);
        Assert.Equal(["absolute", "relative"], events.Select(decoded => decoded.Data));
    }

    [Theory]
    [InlineData("match_urlpattern=/books/(%3F=a)", "parenthesis")]
    [InlineData("match_urlpattern=/books/(a(%3F=b))", "linear time")]
    [InlineData("match_urlpattern=/books/{", "brace")]
    [InlineData("match_urlpattern=https://exa mple.com/", "host")]
    [InlineData("match_urlpattern=/a/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*", "16 groups")]
    [InlineData("topic=/a/{a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q}", "16 groups")]
    public async Task A_pattern_that_cannot_be_used_is_refused_with_the_reason(string query, string reason)
    {
        await using TestApp app = await TestApp.StartAsync();

        using HttpResponseMessage response = await app.Client.GetAsync($"{TestApp.HubPath}?{query}", TestApp.Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestApp.Cancellation));
        Assert.Contains(reason, problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(query.Split('=')[0], problem.RootElement.GetProperty("field").GetString());
    }

    [Fact]
    public async Task A_pattern_too_many_at_the_hub_is_answered_with_429_and_those_in_use_are_shared()
    {
        await using TestApp app = await TestApp.StartAsync(options => options.Broker.MaxPatterns = 1);
        await using TestStream first = await app.OpenAsync($"{TestApp.HubPath}?match_urlpattern=/books/:id");

        using HttpResponseMessage refused = await app.Client.GetAsync($"{TestApp.HubPath}?match_urlpattern=/films/:id", TestApp.Cancellation);
        await using TestStream same = await app.OpenAsync($"{TestApp.HubPath}?match_urlpattern=/books/:id&match=films");

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, same.Response.StatusCode);
    }

    [Theory]
    [InlineData("/hub")]
    [InlineData("ftp://example.com/hub")]
    [InlineData("https://example.com/hub?x")]
    [InlineData("https://example.com/hub#x")]
    public async Task A_public_url_that_is_none_stops_the_start(string url)
    {
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => TestApp.StartAsync(options => options.PublicUrl = new Uri(url, UriKind.RelativeOrAbsolute)));

        Assert.Contains("Tidings:PublicUrl", refused.Message, StringComparison.Ordinal);
    }
}
