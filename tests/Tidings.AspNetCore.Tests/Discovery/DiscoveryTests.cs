using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Discovery;

/// <summary>How clients find the hub: the Mercure protocol, section "Discovery".</summary>
public sealed class DiscoveryTests
{
    private const string MetadataPath = "/.well-known/oauth-protected-resource" + TestApp.HubPath;

    [Fact]
    public async Task The_link_names_the_hub_where_it_was_mapped()
    {
        await using TestApp app = await StartAsync(response => response.AddHubLink(), hubPath: "/events");

        Assert.Equal(["</events>; rel=\"mercure\""], await LinksAsync(app));
    }

    [Fact]
    public async Task The_link_names_the_public_url_if_there_is_one_whatever_host_the_request_names()
    {
        await using TestApp app = await StartAsync(response => response.AddHubLink(), options => options.PublicUrl = new Uri("https://example.com/hub"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/book");
        request.Headers.Host = "evil.example";

        using HttpResponseMessage response = await app.Client.SendAsync(request, TestApp.Cancellation);

        Assert.Equal(["<https://example.com/hub>; rel=\"mercure\""], response.Headers.GetValues("Link"));
    }

    [Fact]
    public async Task The_link_tells_the_topic_and_what_the_client_should_know_of_its_events()
    {
        await using TestApp app = await StartAsync(response => response.AddHubLink(
            "https://example.com/books/é \"<1>\"\\", SseId.Of("a\"b\\é"), "application/json", EventType.Of("book")));

        Assert.Equal(
            [
                "</.well-known/mercure>; rel=\"mercure\"; last-event-id=\"a\\\"b\\\\%C3%A9\"; content-type=\"application/json\"; type=\"book\"",
                "<https://example.com/books/%C3%A9%20%22%3C1%3E%22%5C>; rel=\"self\"",
            ],
            await LinksAsync(app));
    }

    [Fact]
    public async Task A_page_that_hands_on_the_last_event_id_misses_nothing_up_to_its_subscription()
    {
        await using TestApp app = await TestApp.StartAsync();
        SseId empty = await app.Broker.GetLastEventIdAsync(TestApp.Cancellation);
        string first = await app.PublishAsync("news", "1");
        SseId last = await app.Broker.GetLastEventIdAsync(TestApp.Cancellation);
        await app.PublishAsync("news", "2");

        await using TestStream fromTheStart = await app.SubscribeAsync("news", empty.Value);
        await using TestStream fromThere = await app.SubscribeAsync("news", last.Value);

        Assert.Equal(first, last.Value);
        Assert.Equal(["1", "2"], (await fromTheStart.ReadEventsAsync(2)).Select(received => received.Data));
        Assert.Equal("2", Assert.Single(await fromThere.ReadEventsAsync(1)).Data);
    }

    [Fact]
    public async Task An_app_without_a_hub_cannot_link_to_one()
    {
        await using TestApp app = await TestApp.StartAsync(map: app => app.MapGet("/book", (HttpResponse response) =>
            Assert.Throws<InvalidOperationException>(() => response.AddHubLink()).Message));

        Assert.Contains("MapTidings", await app.Client.GetStringAsync("/book", TestApp.Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_metadata_tell_what_a_client_needs_to_get_a_token()
    {
        await using TestApp app = await TestApp.StartAsync(
            options => options.PublicUrl = new Uri("https://example.com/.well-known/mercure"),
            build: builder => builder.Services.AddAuthentication().AddTidingsTokens(options =>
            {
                var issuer = new IssuerOptions { Identifier = Forge.Issuer, Keys = new TokenKeyOptions { Key = Convert.ToBase64String(new byte[48].Select((_, i) => (byte)(i * 7)).ToArray()) } };
                issuer.AuthorizationServers.Add(new Uri("https://login.example.com/realm"));
                options.Issuers.Add(issuer);
            }));

        using HttpResponseMessage response = await app.Client.GetAsync(MetadataPath, TestApp.Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(["*"], response.Headers.GetValues("Access-Control-Allow-Origin"));
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestApp.Cancellation));
        JsonElement root = document.RootElement;
        Assert.Equal("https://example.com/.well-known/mercure", root.GetProperty("resource").GetString());
        Assert.Equal("""["https://login.example.com/realm"]""", root.GetProperty("authorization_servers").GetRawText());
        Assert.Equal("""["https://mercure.rocks/authorization-detail"]""", root.GetProperty("authorization_details_types_supported").GetRawText());
        Assert.Equal("""["header"]""", root.GetProperty("bearer_methods_supported").GetRawText());
        Assert.Equal("__Secure-mercure_access_token", root.GetProperty("mercure_cookie").GetString());
        Assert.False(root.GetProperty("mercure_subscriptions").GetBoolean());
    }

    [Fact]
    public async Task A_hub_that_takes_no_tokens_of_protocol_1_0_has_no_metadata()
    {
        await using TestApp app = await TestApp.StartAsync(options => options.PublicUrl = new Uri("https://example.com/.well-known/mercure"));

        using HttpResponseMessage response = await app.Client.GetAsync(MetadataPath, TestApp.Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static async Task<IEnumerable<string>> LinksAsync(TestApp app)
    {
        using HttpResponseMessage response = await app.Client.GetAsync("/book", TestApp.Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Headers.GetValues("Link");
    }

    private static Task<TestApp> StartAsync(Action<HttpResponse> link, Action<TidingsOptions>? options = null, string hubPath = TestApp.HubPath) =>
        TestApp.StartAsync(options, app =>
        {
            app.MapTidings(hubPath);
            app.MapGet("/book", (HttpResponse response) => link(response));
        });
}
