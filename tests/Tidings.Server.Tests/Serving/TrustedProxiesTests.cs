using System.Net;
using Tidings.Testing;

namespace Tidings.Server.Tests.Serving;

/// <summary>Whom the hub believes that a request comes from (promises C29): told by the limit of streams per address, and by the scheme of its own origin.</summary>
public sealed class TrustedProxiesTests
{
    private static readonly (string Name, string Value)[] OneStreamEach = [("Tidings:Streams:MaxPerAddress", "1"), ("Tidings:Streams:RefuseSoftly", "false")];

    [Fact]
    public async Task From_nobody_in_particular_the_headers_change_nothing()
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false, OneStreamEach);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.TooManyRequests], await OpenAsync(hub, "203.0.113.1", "203.0.113.2"));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.0/8")]
    public async Task A_trusted_proxy_tells_the_addresses_of_its_clients(string proxy)
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false, [.. OneStreamEach, ("Tidings:Proxies:0", "192.0.2.7"), ("Tidings:Proxies:1", proxy)]);
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests],
            await OpenAsync(hub, "203.0.113.1", "203.0.113.2", "203.0.113.1"));
    }

    [Fact]
    public async Task What_a_client_tells_a_trusted_proxy_is_not_believed()
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false, [.. OneStreamEach, ("Tidings:Proxies:0", "127.0.0.1")]);
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.TooManyRequests],
            await OpenAsync(hub, "198.51.100.1, 203.0.113.1", "198.51.100.2, 203.0.113.1"));
    }

    [Fact]
    public async Task Behind_a_chain_of_trusted_proxies_the_client_is_known()
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false, [.. OneStreamEach, ("Tidings:Proxies:0", "127.0.0.1"), ("Tidings:Proxies:1", "2001:db8::/32")]);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], await OpenAsync(hub, "203.0.113.1, 2001:db8::5", "203.0.113.2, 2001:db8::5"));
    }

    [Theory]
    [InlineData(true, HttpStatusCode.OK)]
    [InlineData(false, HttpStatusCode.Forbidden)]
    public async Task A_trusted_proxy_tells_the_scheme_with_which_the_hub_was_called(bool isTrusted, HttpStatusCode status)
    {
        const string Secret = "kX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU";
        await using TestHub hub = await TestHub.StartAsync(isDev: false, [("Tidings:Legacy:Subscriber:Key", Secret), ("Tidings:Proxies:0", isTrusted ? "127.0.0.1" : "192.0.2.7")]);
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri($"{hub.Url}?match=news"));
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-For", "203.0.113.1");
        request.Headers.Add("Origin", $"https://{hub.Url.Authority}");
        request.Headers.Add("Cookie", $"mercureAuthorization={TestTokens.Legacy(Secret, """{"subscribe":["*"]}""")}");
        using HttpResponseMessage response = await hub.Client.SendAsync(request);
        Assert.Equal(status, response.StatusCode);
    }

    [Theory]
    [InlineData("proxy.example")]
    [InlineData("10.0.0.0/33")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    [InlineData("*")]
    [InlineData("")]
    public async Task What_is_no_address_or_network_stops_the_start(string proxy)
    {
        (int code, _, string error) = await RunningCommand.RunAsync(["serve", "--log", "memory", "--urls", "http://127.0.0.1:0", "--set", $"Tidings:Proxies:0={proxy}"]);
        Assert.Equal(2, code);
        Assert.Contains($"tidings: Tidings:Proxies:0 is \"{proxy}\"", error, StringComparison.Ordinal);
    }

    // Opens a stream for each, and holds it.
    private static async Task<HttpStatusCode[]> OpenAsync(TestHub hub, params string[] forwardedFor)
    {
        List<HttpResponseMessage> streams = [];
        foreach (string addresses in forwardedFor)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{hub.Url}?match=news"));
            request.Headers.Add("X-Forwarded-For", addresses);
            streams.Add(await hub.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        }

        HttpStatusCode[] statuses = [.. streams.Select(stream => stream.StatusCode)];
        streams.ForEach(stream => stream.Dispose());
        return statuses;
    }
}
