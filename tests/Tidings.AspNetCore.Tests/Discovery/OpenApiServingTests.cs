using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Tidings.AspNetCore.Tests.Discovery;

/// <summary>Where the description of the hub is, where it says that the hub is, and how it is kept.</summary>
public sealed class OpenApiServingTests
{
    [Theory]
    [InlineData(TestApp.HubPath, "https://example.com/.well-known/mercure", "/.well-known/mercure", "/openapi.json")]
    [InlineData("/hub", "https://example.com/live/hub", "/live/hub", "/live/openapi.json")]
    [InlineData("/hub", "https://example.com:8443/events", "/events", "/openapi.json")]
    [InlineData("/", "https://example.com/live", "/live", "/live/openapi.json")]
    [InlineData("/", "https://example.com", "/", "/openapi.json")]
    public async Task The_public_url_tells_the_server_and_the_path(string hubPath, string publicUrl, string path, string ownPath)
    {
        await using TestApp app = await StartAsync(hubPath, publicUrl: publicUrl);

        OpenApiText text = await OpenApiText.GetAsync(app);

        Assert.Equal($$"""[{"url":"{{new Uri(publicUrl).GetLeftPart(UriPartial.Authority)}}"}]""", JsonSerializer.Serialize(text.Root.GetProperty("servers")));
        Assert.Contains($"GET {path}", text.Operations);
        Assert.Contains($"GET {path.TrimEnd('/')}/subscriptions", text.Operations);
        Assert.Contains($"GET /.well-known/oauth-protected-resource{path.TrimEnd('/')}", text.Operations);
        Assert.Contains($"GET {ownPath}", text.Operations);
    }

    [Fact]
    public async Task Without_a_public_url_it_names_no_server_and_the_path_at_which_the_hub_was_mapped_whatever_host_the_request_names()
    {
        await using TestApp app = await StartAsync("events", "docs/hub.json");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/docs/hub.json");
        request.Headers.Host = "evil.example";

        using HttpResponseMessage response = await app.Client.SendAsync(request, TestApp.Cancellation);
        string json = await response.Content.ReadAsStringAsync(TestApp.Cancellation);

        Assert.DoesNotContain("evil", json, StringComparison.Ordinal);
        OpenApiText text = await OpenApiText.GetAsync(app, "/docs/hub.json");
        Assert.Equal("""[{"url":"/"}]""", JsonSerializer.Serialize(text.Root.GetProperty("servers")));
        Assert.Contains("POST /events", text.Operations);
        Assert.Contains("GET /docs/hub.json", text.Operations);
        Assert.DoesNotContain(text.Operations, operation => operation.Contains("healthz", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Caches_may_keep_it_and_ask_whether_it_has_changed()
    {
        await using TestApp app = await StartAsync();
        using var head = new HttpRequestMessage(HttpMethod.Head, "/openapi.json");
        using HttpResponseMessage first = await app.Client.GetAsync("/openapi.json", TestApp.Cancellation);
        using HttpResponseMessage bare = await app.Client.SendAsync(head, TestApp.Cancellation);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/openapi.json");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!); // there is one: asserted below

        using HttpResponseMessage second = await app.Client.SendAsync(again, TestApp.Cancellation);

        Assert.Equal("application/json", first.Content.Headers.ContentType?.ToString());
        Assert.Equal("public, max-age=300", first.Headers.CacheControl?.ToString());
        Assert.Equal(["*"], first.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.False(first.Headers.ETag!.IsWeak); // not null: it was sent along
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Equal((HttpStatusCode.OK, first.Content.Headers.ContentLength), (bare.StatusCode, bare.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task Anybody_may_read_it_where_everything_else_needs_a_user()
    {
        await using TestApp app = await TestApp.StartAsync(
            map: app =>
            {
                app.UseAuthorization();
                app.MapTidings();
                app.MapTidingsOpenApi();
            },
            build: builder =>
            {
                builder.Services.AddAuthentication(TidingsTokenDefaults.AuthenticationScheme).AddTidingsTokens();
                builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
            });

        using HttpResponseMessage hub = await app.Client.GetAsync($"{TestApp.HubPath}?match=a", TestApp.Cancellation);
        using HttpResponseMessage description = await app.Client.GetAsync("/openapi.json", TestApp.Cancellation);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (hub.StatusCode, description.StatusCode));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("/{tenant}/hub")]
    public async Task An_app_without_a_hub_at_a_known_path_has_nothing_to_describe(string? hubPath)
    {
        await using TestApp app = await TestApp.StartAsync(map: app =>
        {
            if (hubPath is not null)
            {
                app.MapTidings(hubPath);
            }

            Assert.Contains("MapTidings()", Assert.Throws<InvalidOperationException>(() => app.MapTidingsOpenApi()).Message, StringComparison.Ordinal);
        });
    }

    private static Task<TestApp> StartAsync(string hubPath = TestApp.HubPath, string ownPath = "/openapi.json", string? publicUrl = null) => TestApp.StartAsync(
        options => options.PublicUrl = publicUrl is null ? null : new Uri(publicUrl),
        app =>
        {
            app.MapTidings(hubPath);
            app.MapTidingsOpenApi(ownPath);
        });
}
