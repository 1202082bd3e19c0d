using System.Net;
using Tidings.Client.Connecting;
using Tidings.Testing;

namespace Tidings.Client.Tests.Connecting;

public sealed class RedirectTests
{
    private const string Stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

    private readonly ObservedTimeProvider _time = new();

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_followed(int status)
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(new Uri(server.Url, "/a/old?x"), new EventSourceOptions { TimeProvider = _time, LastEventId = "7" });

        await server.AnswerAsync(Redirect(status, "new?y"));
        ScriptedRequest request = await server.AnswerAsync(Stream);

        await client.ExpectAsync("open Open");
        Assert.Equal(("GET", "/a/new?y"), (request.Method, request.Target));
        Assert.Equal(("text/event-stream", "no-cache", "7"), (request.Header("Accept"), request.Header("Cache-Control"), request.Header("Last-Event-ID")));
    }

    [Fact]
    public async Task A_redirect_without_a_location_fails_for_good()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        await server.AnswerAsync("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n");
        await client.ExpectAsync("error Status Closed", "threw EventSourceException");
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("data:text/event-stream,data:x%0A%0A")]
    [InlineData("http://[bad")]
    public async Task A_redirect_that_cannot_be_followed_fails_for_good(string location)
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        await server.AnswerAsync(Redirect(301, location));
        await client.ExpectAsync("error Redirect Closed", "threw EventSourceException");
    }

    [Fact]
    public async Task Twenty_redirects_are_followed()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        for (int i = 0; i < 20; i++)
        {
            await server.AnswerAsync(Redirect(302, $"/{i}"));
        }

        await server.AnswerAsync(Stream);
        await client.ExpectAsync("open Open");
    }

    [Fact]
    public async Task A_redirect_loop_ends_with_the_twenty_first()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        for (int i = 0; i < 21; i++)
        {
            await server.AnswerAsync(Redirect(307, "/"));
        }

        await client.ExpectAsync("error Redirect Closed", "threw EventSourceException");
        Assert.Equal("The server redirects more than 20 times.", client.LastError!.Message);
        Assert.False(server.HasPendingConnection);
    }

    [Fact]
    public async Task Credentials_stay_with_the_origin_they_were_given_to()
    {
        await using var server = ScriptedServer.Start();
        await using var other = ScriptedServer.Start(); // Another port is another origin, although cookies would not mind.
        var cookies = new CookieContainer();
        cookies.Add(server.Url, new Cookie("session", "s"));
        await using var client = TestClient.Start(server.Url, WithCredentials(cookies));

        ScriptedRequest first = await server.AnswerAsync(Redirect(307, "/same"));
        ScriptedRequest same = await server.AnswerAsync(Redirect(307, other.Url + "elsewhere"));
        ScriptedRequest elsewhere = await other.AnswerAsync("HTTP/1.1 307 Moved\r\nSet-Cookie: planted=1\r\nLocation: /further\r\nContent-Length: 0\r\n\r\n");
        ScriptedRequest further = await other.AnswerAsync(Redirect(307, server.Url + "back"));
        ScriptedRequest back = await server.AnswerAsync(Stream);

        foreach (ScriptedRequest request in new[] { first, same })
        {
            Assert.Equal(("Bearer secret", "key", "session=s"), (request.Header("Authorization"), request.Header("X-Api-Key"), request.Header("Cookie")));
        }

        foreach (ScriptedRequest request in new[] { elsewhere, further, back })
        {
            Assert.Equal((null, null, null), (request.Header("Authorization"), request.Header("X-Api-Key"), request.Header("Cookie")));
            Assert.Equal("text/event-stream", request.Header("Accept"));
        }

        Assert.Equal(1, cookies.Count);
    }

    [Fact]
    public async Task The_next_attempt_has_its_credentials_again()
    {
        await using var server = ScriptedServer.Start();
        await using var other = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, WithCredentials(new CookieContainer()));
        await server.AnswerAsync(Redirect(301, other.Url.AbsoluteUri));
        await other.AnswerAsync(Stream);
        Assert.Equal(TimeSpan.FromSeconds(3), await _time.NextWaitAsync());
        _time.Advance(TimeSpan.FromSeconds(3));

        // Each attempt begins at the URL that was given, also after 301.
        Assert.Equal("Bearer secret", (await server.AnswerAsync(Redirect(301, other.Url.AbsoluteUri))).Header("Authorization"));
    }

    [Fact]
    public async Task Events_bear_the_origin_of_the_final_url()
    {
        await using var server = ScriptedServer.Start();
        await using var other = ScriptedServer.Start();
        await using var source = new EventSource(new Uri(server.Url, "/start"), new EventSourceOptions { TimeProvider = _time });
        await using IAsyncEnumerator<ServerSentEvent> reader = source.ReadAllAsync().GetAsyncEnumerator();

        ValueTask<bool> next = reader.MoveNextAsync();
        await server.AnswerAsync(Redirect(302, other.Url + "end"));
        ScriptedConnection connection = await other.AcceptStreamAsync("data: a\n\n");

        Assert.True(await next);
        Assert.Equal(other.Origin, reader.Current.Origin);
        Assert.Equal(other.Origin, source.Origin);
        Assert.Equal(new Uri(server.Url, "/start"), source.Url);
        connection.Close();
    }

    [Theory]
    [InlineData("POST", 301, "GET", false)]
    [InlineData("POST", 302, "GET", false)]
    [InlineData("POST", 303, "GET", false)]
    [InlineData("PUT", 303, "GET", false)]
    [InlineData("PUT", 302, "PUT", true)]
    [InlineData("POST", 307, "POST", true)]
    [InlineData("POST", 308, "POST", true)]
    public void A_redirect_changes_method_and_body_as_fetch_does(string method, int status, string nextMethod, bool hasBody)
    {
        var hop = new Hop(new Uri("http://a.example/"), new HttpMethod(method), HasBody: true, HasCredentials: true);
        Hop next = hop.Next((HttpStatusCode)status, "/b", out _)!;
        Assert.Equal((nextMethod, hasBody, true), (next.Method.Method, next.HasBody, next.HasCredentials));
    }

    [Theory]
    [InlineData("http://a.example/", "https://a.example/", false)]
    [InlineData("http://a.example/", "http://a.example:81/", false)]
    [InlineData("http://a.example/", "http://b.a.example/", false)]
    [InlineData("http://a.example/", "//a.example:80/x", true)]
    [InlineData("http://a.example/", "http://A.EXAMPLE/", true)]
    [InlineData("http://a.example/", "http://user:pw@a.example/", true)]
    [InlineData("http://[::1]:5/", "http://[0:0::1]:5/", true)]
    public void Scheme_host_and_port_make_an_origin(string from, string to, bool same)
    {
        Hop next = new Hop(new Uri(from), HttpMethod.Get, HasBody: false, HasCredentials: true).Next(HttpStatusCode.Found, to, out _)!;
        Assert.Equal(same, next.HasCredentials);
    }

    [Theory]
    [InlineData("https://user:pw@Example.org:443/a?b#c", "https://example.org")]
    [InlineData("http://example.org:8080/", "http://example.org:8080")]
    [InlineData("http://[::1]:5/", "http://[::1]:5")]
    [InlineData("https://élève.example/", "https://xn--lve-6lad.example")]
    public void An_origin_is_written_as_the_standard_serializes_it(string url, string origin) => Assert.Equal(origin, UrlOrigin.Of(new Uri(url)));

    [Fact]
    public void A_redirect_from_https_to_http_is_not_followed()
    {
        var hop = new Hop(new Uri("https://a.example/"), HttpMethod.Get, HasBody: false, HasCredentials: true);
        Assert.Null(hop.Next(HttpStatusCode.Found, "http://a.example/", out string complaint));
        Assert.Contains("https to http", complaint, StringComparison.Ordinal);
    }

    private static string Redirect(int status, string location) => $"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n";

    private EventSourceOptions WithCredentials(CookieContainer cookies) => new()
    {
        TimeProvider = _time,
        Cookies = cookies,
        Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["Authorization"] = "Bearer secret", ["X-Api-Key"] = "key" },
    };
}
