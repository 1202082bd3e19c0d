namespace Tidings.Server.Tests.Serving;

/// <summary>Pages of other origins at the stand-alone hub; the rules themselves are tested with the library.</summary>
public sealed class CorsTests
{
    private const string Page = "https://example.com";

    [Theory]
    [InlineData(Page, Page, true)]
    [InlineData("https://example.com.evil.test", null, false)]
    public async Task The_setting_says_which_origins_are_let_in(string origin, string? allowed, bool hasCredentials)
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false, ("Tidings:CorsOrigins:0", Page));
        Assert.Equal((allowed, hasCredentials ? "true" : null), await AskAsync(hub, origin));
    }

    [Fact]
    public async Task Any_origin_is_let_in_without_credentials()
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false, ("Tidings:CorsOrigins:0", "*"));
        Assert.Equal(("*", null), await AskAsync(hub, Page));
    }

    [Fact]
    public async Task Without_the_setting_no_other_origin_is_let_in()
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false);
        Assert.Equal((null, null), await AskAsync(hub, Page));
    }

    [Fact]
    public async Task Any_origin_beside_others_stops_the_start()
    {
        (int code, _, string error) = await RunningCommand.RunAsync(
            ["serve", "--log", "memory", "--urls", "http://127.0.0.1:0", "--set", "Tidings:CorsOrigins:0=*", "--set", $"Tidings:CorsOrigins:1={Page}"]);
        Assert.Equal(2, code);
        Assert.Contains("Tidings:CorsOrigins:0 is \"*\"", error, StringComparison.Ordinal);
    }

    private static async Task<(string? Origin, string? Credentials)> AskAsync(TestHub hub, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri($"{hub.Url}?match=news"));
        request.Headers.Add("Origin", origin);
        using HttpResponseMessage response = await hub.Client.SendAsync(request);
        return (Header("Access-Control-Allow-Origin"), Header("Access-Control-Allow-Credentials"));

        string? Header(string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.Single() : null;
    }
}
