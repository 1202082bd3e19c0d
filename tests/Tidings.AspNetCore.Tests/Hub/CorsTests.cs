using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Tidings.AspNetCore.Tests.Hub;

/// <summary>Which pages of other origins get to use a hub that is mapped with <c>WithTidingsHub</c> (promises C19; Mercure, "Subscription").</summary>
public sealed class CorsTests
{
    private const string Page = "https://example.com";
    private const string Stream = TestApp.HubPath + "?match=news";

    public static TheoryData<string> LookAlikes { get; } =
    [
        "https://evilexample.com",
        "https://example.com.evil.test",
        "https://evil.test#example.com",
        "https://example.com@evil.test",
        "https://sub.example.com",
        "https://example.org",
        "https://example.com:444",
        "http://example.com",
        "https://example.com/",
        "https://EXAMPLE.com",
        "https://example.com.",
        "https://xn--exmple-4nf.com",
        "null",
        "*",
        "",
    ];

    [Fact]
    public async Task A_page_of_a_listed_origin_may_read_with_credentials()
    {
        await using TestApp app = await StartAsync(Page, "https://other.example");
        using HttpResponseMessage response = await AskAsync(app, HttpMethod.Get, ("Origin", Page));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Page, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("true", Header(response, "Access-Control-Allow-Credentials"));
        Assert.Equal("Link,Mercure-Last-Event-ID,Last-Event-ID", Header(response, "Access-Control-Expose-Headers"));
        Assert.Contains("Origin", Header(response, "Vary"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("POST")]
    [InlineData("QUERY")]
    public async Task A_preflight_is_told_the_methods_and_headers_of_the_protocol(string method)
    {
        await using TestApp app = await StartAsync(Page);
        using HttpResponseMessage response = await PreflightAsync(app, Page, method);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(Page, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("true", Header(response, "Access-Control-Allow-Credentials"));
        Assert.Equal("GET,HEAD,POST,QUERY", Header(response, "Access-Control-Allow-Methods"));
        Assert.Equal("Authorization,Cache-Control,Content-Type,Last-Event-ID,Idempotency-Key", Header(response, "Access-Control-Allow-Headers"));
        Assert.Equal("Origin", Header(response, "Vary"));
    }

    [Theory]
    [MemberData(nameof(LookAlikes))]
    public async Task An_origin_that_only_looks_like_a_listed_one_gets_nothing(string origin)
    {
        await using TestApp app = await StartAsync(Page);
        using HttpResponseMessage response = await AskAsync(app, HttpMethod.Get, ("Origin", origin));
        using HttpResponseMessage preflight = await PreflightAsync(app, origin, "GET");
        using HttpResponseMessage queryPreflight = await PreflightAsync(app, origin, "QUERY");

        Assert.Equal("", Header(response, "Access-Control-"));
        Assert.Equal("", Header(queryPreflight, "Access-Control-"));
        Assert.Equal("", Header(preflight, "Access-Control-"));
        Assert.Contains("Origin", Header(response, "Vary"), StringComparison.Ordinal);
    }

    // A method that no form sends: a browser asks before, and the page reads the stream only if its origin is listed.
    [Theory]
    [InlineData(Page, Page)]
    [InlineData("https://evil.test", "")]
    public async Task A_page_subscribes_with_a_body_if_its_origin_is_listed(string origin, string allowed)
    {
        await using TestApp app = await StartAsync(Page);
        using var request = new HttpRequestMessage(new HttpMethod("QUERY"), TestApp.HubPath);
        request.Content = new FormUrlEncodedContent([KeyValuePair.Create("match", "news")]);
        request.Headers.Add("Origin", origin);

        using HttpResponseMessage response = await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestApp.Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(allowed, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal(allowed.Length > 0 ? "true" : "", Header(response, "Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task The_metadata_are_for_pages_of_any_origin_and_without_credentials()
    {
        await using TestApp app = await GuardedHub.StartAsync(
            build: builder => builder.Services.AddCors(),
            map: app =>
            {
                app.UseCors();
                app.MapTidings().RequireCors(policy => policy.WithTidingsHub(Page));
            });
        foreach (string origin in new[] { Page, "https://evil.test" })
        {
            using HttpResponseMessage response = await AskAsync(app, HttpMethod.Get, "/.well-known/oauth-protected-resource" + TestApp.HubPath, ("Origin", origin), ("Cookie", "a=b"));

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("*", Header(response, "Access-Control-"));
        }
    }

    [Fact]
    public async Task Any_origin_means_pages_without_credentials()
    {
        await using TestApp app = await StartAsync("*");
        using HttpResponseMessage response = await AskAsync(app, HttpMethod.Get, ("Origin", Page));

        Assert.Equal("*", Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("", Header(response, "Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("*", Page)]
    [InlineData("https://*.example.com")]
    [InlineData("https://example.com/")]
    [InlineData("https://example.com/page")]
    [InlineData("example.com")]
    [InlineData("null")]
    [InlineData("")]
    public void What_is_no_origin_is_refused(params string[] origins) =>
        Assert.Contains("is not an origin", Assert.Throws<ArgumentException>(() => new CorsPolicyBuilder().WithTidingsHub(origins)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("HTTPS://Example.COM")]
    [InlineData("https://example.com:443")]
    public void An_origin_is_read_as_browsers_write_it(string listed) => Assert.True(new CorsPolicyBuilder().WithTidingsHub(listed).Build().IsOriginAllowed(Page));

    [Fact]
    public void No_origin_lets_no_page_in() => Assert.False(new CorsPolicyBuilder().WithTidingsHub().Build().IsOriginAllowed(Page));

    private static Task<TestApp> StartAsync(params string[] origins) => TestApp.StartAsync(
        options: null,
        app =>
        {
            app.UseCors();
            app.MapTidings().RequireCors(policy => policy.WithTidingsHub(origins));
        },
        builder => builder.Services.AddCors());

    private static Task<HttpResponseMessage> PreflightAsync(TestApp app, string origin, string method) => AskAsync(
        app, HttpMethod.Options, ("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", "authorization,last-event-id"));

    private static Task<HttpResponseMessage> AskAsync(TestApp app, HttpMethod method, params (string Name, string Value)[] headers) => AskAsync(app, method, Stream, headers);

    private static async Task<HttpResponseMessage> AskAsync(TestApp app, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestApp.Cancellation);
    }

    // All headers that begin so.
    private static string Header(HttpResponseMessage response, string name) =>
        string.Join(',', response.Headers.Where(header => header.Key.StartsWith(name, StringComparison.OrdinalIgnoreCase)).SelectMany(header => header.Value));
}
