using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Discovery;

/// <summary>A hub that is not at the top of its app: within groups of routes, or in an app below a path of its own.</summary>
public sealed class HubBelowTests
{
    private const string WellKnown = "/.well-known/oauth-protected-resource";

    [Theory]
    [InlineData("/a/b", "", "/a/b/hub")]
    [InlineData("", "/base", "/base/hub")]
    [InlineData("/a/b", "/base path", "/base%20path/a/b/hub")]
    public async Task The_link_leads_to_the_hub(string group, string pathBase, string expected)
    {
        await using TestApp app = await StartAsync(group, pathBase);
        string path = Uri.EscapeDataString(pathBase).Replace("%2F", "/", StringComparison.Ordinal);

        using HttpResponseMessage page = await app.Client.GetAsync($"{path}/book", TestApp.Cancellation);
        Assert.Equal($"<{expected}>; rel=\"mercure\"", Assert.Single(page.Headers.GetValues("Link")));

        await using TestStream stream = await app.OpenAsync($"{expected}?match=news");
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("topic", "news"), KeyValuePair.Create("data", "1")]);
        using HttpResponseMessage published = await app.Client.PostAsync(expected, form, TestApp.Cancellation);
        Assert.Equal(HttpStatusCode.OK, published.StatusCode);
        Assert.Equal("1", Assert.Single(await stream.ReadEventsAsync(1)).Data);
    }

    [Theory]
    [InlineData("/a/b", "", "/a/b/hub", "/a/b/openapi.json")]
    [InlineData("", "/base", "/base/hub", "/base/openapi.json")]
    [InlineData("/a", "/base", "/base/a/hub", "/base/a/openapi.json")]
    public async Task The_description_names_the_paths_by_which_a_client_finds_them(string group, string pathBase, string hub, string description)
    {
        await using TestApp app = await StartAsync(group, pathBase);

        Assert.Equal([hub, $"{hub}/subscriptions", description], await DescribedAsync(app, description, hub, $"{hub}/subscriptions", description));

        // Below the base and beside it, one after the other.
        if (pathBase.Length > 0)
        {
            string beside = hub[pathBase.Length..];
            Assert.Equal([beside], await DescribedAsync(app, description[pathBase.Length..], beside, hub));
            Assert.Equal([hub], await DescribedAsync(app, description, beside, hub));
        }
    }

    [Fact]
    public async Task A_public_url_counts_more_than_where_the_app_believes_to_be()
    {
        await using TestApp app = await StartAsync("/a", "/base", options => options.PublicUrl = new Uri("https://example.com/front/a/hub"));

        using HttpResponseMessage page = await app.Client.GetAsync("/base/book", TestApp.Cancellation);

        Assert.Equal("<https://example.com/front/a/hub>; rel=\"mercure\"", Assert.Single(page.Headers.GetValues("Link")));
        Assert.Equal(
            ["/front/a/hub", "/front/a/openapi.json"], await DescribedAsync(app, "/base/a/openapi.json", "/front/a/hub", "/front/a/openapi.json", "/base/a/hub", "/a/hub"));
    }

    [Theory]
    [InlineData("/a/b", Forge.Hub + "/a/b/hub", WellKnown + "/.well-known/mercure/a/b/hub")]
    [InlineData("/a", "https://hub.example/a/hub", WellKnown + "/a/hub")]
    [InlineData("", "https://hub.example/front/hub", WellKnown + "/front/hub")]
    [InlineData("", "https://hub.example/front%20%7Bx%7D/hub", WellKnown + "/front%20%7Bx%7D/hub")]
    [InlineData("/a", "https://hub.example/", WellKnown)]
    public async Task The_metadata_are_where_the_challenge_says(string group, string publicUrl, string path)
    {
        await using TestApp app = await GuardedHub.StartAsync(
            options => options.PublicUrl = new Uri(publicUrl),
            settings =>
            {
                settings.PublicUrl = new Uri(publicUrl);
                settings.AllowAnonymous = false;
            },
            map: app => app.MapGroup(group).MapTidings("/hub"));
        using HttpResponseMessage refused = await app.Client.GetAsync($"{group}/hub?match=news", TestApp.Cancellation);
        using HttpResponseMessage metadata = await app.Client.GetAsync(path, TestApp.Cancellation);

        Assert.Contains($"resource_metadata=\"https://hub.example{path}\"", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, metadata.StatusCode);
        using JsonDocument document = JsonDocument.Parse(await metadata.Content.ReadAsStringAsync(TestApp.Cancellation));
        Assert.Equal(publicUrl, document.RootElement.GetProperty("resource").GetString());
    }

    private static Task<TestApp> StartAsync(string group, string pathBase, Action<TidingsOptions>? options = null) => TestApp.StartAsync(options, app =>
    {
        app.UsePathBase(pathBase);
        app.UseRouting(); // behind the base: the framework would put it before
        app.MapGroup(group).MapTidings("/hub");
        app.MapGroup(group).MapTidingsOpenApi();
        app.MapGet("/book", (HttpResponse response) => response.AddHubLink());
    });

    // Those of the paths that are described.
    private static async Task<string[]> DescribedAsync(TestApp app, string description, params string[] paths)
    {
        using JsonDocument document = JsonDocument.Parse(await app.Client.GetStringAsync(description, TestApp.Cancellation));
        return [.. paths.Where(path => document.RootElement.GetProperty("paths").TryGetProperty(path, out _))];
    }
}
