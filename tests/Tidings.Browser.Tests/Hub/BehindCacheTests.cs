using System.Net;
using Tidings.Testing;

namespace Tidings.Browser.Tests.Hub;

/// <summary>An nginx that keeps whatever it may keep, between the hub and its clients.</summary>
public sealed class BehindCacheTests
{
    private const string Query = "/.well-known/mercure?match=news&last_event_id=earliest";
    private const string Cache = "proxy_cache_path cache keys_zone=hub:1m;";

    // Everything for ten minutes and by the URL alone, unless the answer says otherwise.
    private const string Directives = "proxy_cache hub; proxy_cache_valid any 10m; proxy_cache_key $request_uri; add_header X-Cache $upstream_cache_status always;";

    [Fact]
    public async Task A_stream_that_has_ended_is_not_shown_to_the_next_client()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync(options => options.MaxStreamAge = TimeSpan.FromSeconds(10));
        await using Nginx nginx = await Nginx.StartAsync(new Uri(hub.Url), Directives, Cache);
        using var client = new HttpClient { BaseAddress = nginx.Address, Timeout = Hang.Limit };
        await hub.PublishPrivateAsync("news", "secret");
        await hub.Broker.PublishAsync("news", "public");

        (Task<string> granted, _) = await OpenAsync(client, hub.Token("subscribe", "news"));
        hub.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Contains("data: secret", await granted, StringComparison.Ordinal);

        (Task<string> anonymous, string cache) = await OpenAsync(client, token: null);
        hub.Time.Advance(TimeSpan.FromSeconds(11));
        string text = await anonymous;

        Assert.Equal("MISS", cache);
        Assert.Contains("data: public", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bearer nonsense", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer", HttpStatusCode.BadRequest)]
    public async Task A_refusal_is_not_shown_to_the_next_client(string authorization, HttpStatusCode status)
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await using Nginx nginx = await Nginx.StartAsync(new Uri(hub.Url), Directives, Cache);
        using var client = new HttpClient { BaseAddress = nginx.Address, Timeout = Hang.Limit };
        using var forged = new HttpRequestMessage(HttpMethod.Get, Query);
        forged.Headers.TryAddWithoutValidation("Authorization", authorization);
        using HttpResponseMessage refused = await client.SendAsync(forged);
        Assert.Equal(status, refused.StatusCode);

        using HttpResponseMessage next = await client.GetAsync(Query, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal((HttpStatusCode.OK, "MISS"), (next.StatusCode, Assert.Single(next.Headers.GetValues("X-Cache"))));
    }

    // What shows that the cache above keeps what it may.
    [Fact]
    public async Task The_cache_keeps_what_does_not_forbid_it()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await using Nginx nginx = await Nginx.StartAsync(new Uri(hub.Url), Directives, Cache);
        using var client = new HttpClient { BaseAddress = nginx.Address, Timeout = Hang.Limit };
        using HttpResponseMessage first = await client.GetAsync("/page");
        using HttpResponseMessage second = await client.GetAsync("/page");

        Assert.Equal(("MISS", "HIT"), (Assert.Single(first.Headers.GetValues("X-Cache")), Assert.Single(second.Headers.GetValues("X-Cache"))));
    }

    /// <summary>Opens a stream and reads on to its end, from the first event on.</summary>
    private static async Task<(Task<string> Text, string Cache)> OpenAsync(HttpClient client, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Query);
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        string start = "";
        while (!start.Contains("data: public", StringComparison.Ordinal))
        {
            start += await reader.ReadLineAsync() + "\n";
        }

        return (ReadOnAsync(start, reader, response), Assert.Single(response.Headers.GetValues("X-Cache")));
    }

    private static async Task<string> ReadOnAsync(string start, StreamReader reader, HttpResponseMessage response)
    {
        using (response)
        using (reader)
        {
            return start + await reader.ReadToEndAsync();
        }
    }
}
