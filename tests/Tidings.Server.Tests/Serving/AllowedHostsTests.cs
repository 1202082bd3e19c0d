using System.Net;

namespace Tidings.Server.Tests.Serving;

/// <summary>Under which names the stand-alone hub may be asked for; the check itself is the framework's.</summary>
public sealed class AllowedHostsTests
{
    [Theory]
    [InlineData("hub.example;*.hub.example", "hub.example", HttpStatusCode.OK)]
    [InlineData("hub.example;*.hub.example", "HUB.example:8443", HttpStatusCode.OK)]
    [InlineData("hub.example;*.hub.example", "a.hub.example", HttpStatusCode.OK)]
    [InlineData("hub.example;*.hub.example", "evil.example", HttpStatusCode.BadRequest)]
    [InlineData("hub.example;*.hub.example", "hub.example.evil.example", HttpStatusCode.BadRequest)]
    [InlineData("hub.example;*.hub.example", "127.0.0.1", HttpStatusCode.BadRequest)]
    [InlineData("*", "evil.example", HttpStatusCode.OK)]
    [InlineData(" ; ", "evil.example", HttpStatusCode.OK)]
    [InlineData(null, "evil.example", HttpStatusCode.OK)]
    public async Task A_name_that_is_not_listed_is_refused_whatever_is_asked_for(string? setting, string host, HttpStatusCode expected)
    {
        await using TestHub hub = setting is null ? await TestHub.StartAsync(isDev: false) : await TestHub.StartAsync(isDev: false, ("AllowedHosts", setting));
        foreach (string target in new[] { $"{hub.Url}?match=news", new Uri(hub.Url, "/healthz/live").AbsoluteUri })
        {
            using var request = new HttpRequestMessage(target.Contains("match", StringComparison.Ordinal) ? HttpMethod.Head : HttpMethod.Get, new Uri(target));
            request.Headers.Host = host;
            using HttpResponseMessage response = await hub.Client.SendAsync(request);

            Assert.Equal(expected, response.StatusCode);
        }
    }
}
