using System.Net;
using System.Text.RegularExpressions;
using Tidings.Testing;

namespace Tidings.Server.Tests.Pages;

public sealed partial class DevPageTests
{
    [Fact]
    public async Task The_page_and_all_that_it_names_are_there_and_may_run_nothing_else()
    {
        await using TestHub hub = await TestHub.StartAsync();
        string html = await hub.Client.GetStringAsync("/");
        string[] files = [.. LocalReferences().Matches(html).Select(match => match.Groups["file"].Value)];

        Assert.Equal(["pages/tidings.css", "pages/dev.js"], files);
        foreach (string file in (string[])["/", .. files])
        {
            using HttpResponseMessage response = await hub.Client.GetAsync(new Uri(file, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
            Assert.StartsWith(
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
                Assert.Single(response.Headers.GetValues("Content-Security-Policy")),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nothing_in_the_page_becomes_markup_or_runs_inline()
    {
        await using TestHub hub = await TestHub.StartAsync();
        string html = await hub.Client.GetStringAsync("/");
        string script = await hub.Client.GetStringAsync("/pages/dev.js");

        Assert.DoesNotMatch("(?i)<script(?![^>]*src=)|<style|\\son[a-z]+=|\\sstyle=", html);
        Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|new Function", script);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/pages/dev.js")]
    [InlineData("/pages/tidings.css")]
    public async Task Outside_dev_mode_there_is_no_page(string path)
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false);
        using HttpResponseMessage response = await hub.Client.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.False(response.Headers.Contains(HubServer.ModeHeader));
    }

    [Theory]
    [InlineData("/pages/..%2fappsettings.json")]
    [InlineData("/pages/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/pages/..\\..\\etc\\passwd")]
    [InlineData("/pages/dev.js%00.css")]
    [InlineData("/pages/")]
    [InlineData("/pages/index.html")]
    [InlineData("/appsettings.json")]
    public async Task No_path_leads_to_a_file(string path)
    {
        await using TestHub hub = await TestHub.StartAsync();

        // By hand: a client would tidy the path up before it sends it.
        string answer = await hub.RequestRawAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        // Kestrel itself turns away a path that holds NUL.
        Assert.StartsWith(path.Contains("%00", StringComparison.Ordinal) ? "HTTP/1.1 400 " : "HTTP/1.1 404 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/", 200)]
    [InlineData("/nowhere", 404)]
    [InlineData("/healthz/ready", 200)]
    [InlineData("/.well-known/mercure", 400)]
    public async Task Every_response_of_dev_mode_says_so(string path, int status)
    {
        await using TestHub hub = await TestHub.StartAsync();
        using HttpResponseMessage response = await hub.Client.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("dev", Assert.Single(response.Headers.GetValues(HubServer.ModeHeader)));
    }

    [GeneratedRegex("(?:src|href)=\"(?!data:)(?<file>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex LocalReferences();
}
