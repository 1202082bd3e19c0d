using System.Net;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>Pages from elsewhere, in a browser that has the hub's cookie, and tokens where they do not belong: at the hub itself.</summary>
public sealed class ForeignPageTests
{
    private static readonly string[] ForeignOrigins =
    [
        "https://evil.example", "https://shop.example.evil", "https://evilshop.example", "https://sub.shop.example", "http://shop.example", "https://shop.example:8443",
        "https://shop.example.", "https://SHOP.example.evil", "null", "", "https://shop.example@evil.example", "file://",
    ];

    [Theory]
    [InlineData("__Secure-mercure_access_token")]
    [InlineData("mercureAuthorization")]
    public async Task A_foreign_page_publishes_nothing_with_a_cookie(string cookie)
    {
        await using TestApp app = await StartAsync();
        string value = cookie == "mercureAuthorization" ? GuardedHub.LegacyPublisher("*") : GuardedHub.Current(publish: ["*"]);
        foreach (string origin in ForeignOrigins)
        {
            using HttpResponseMessage refused = await PostAsync(app, ("Cookie", $"{cookie}={value}"), ("Origin", origin));
            Assert.True(refused.StatusCode == HttpStatusCode.Forbidden, origin);
            Assert.True(refused.Headers.CacheControl!.NoStore);
        }

        using HttpResponseMessage unknown = await PostAsync(app, ("Cookie", $"{cookie}={value}"));
        using HttpResponseMessage known = await PostAsync(app, ("Cookie", $"{cookie}={value}"), ("Origin", "https://shop.example"));
        using HttpResponseMessage header = await PostAsync(app, ("Authorization", $"Bearer {value}"), ("Origin", "https://evil.example"));

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK, HttpStatusCode.OK), (unknown.StatusCode, known.StatusCode, header.StatusCode));
        await using TestStream stream = await app.SubscribeWithAsync(null, "match=*", "earliest");
        await app.AcceptAsync(GuardedHub.Current(publish: ["*"]), ("topic", "end"), ("data", "end"));
        Assert.Equal(["x", "x", "end"], (await stream.ReadEventsAsync(3)).Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task A_foreign_page_reads_nothing_with_a_cookie()
    {
        await using TestApp app = await StartAsync();
        string cookie = $"__Secure-mercure_access_token={GuardedHub.Current(subscribe: ["*"])}";
        foreach (string origin in ForeignOrigins)
        {
            using HttpResponseMessage refused = await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?match=*", ("Cookie", cookie), ("Origin", origin));
            Assert.True(refused.StatusCode == HttpStatusCode.Forbidden, origin);
            Assert.False(refused.Headers.Contains("Access-Control-Allow-Origin"));
        }

        using HttpResponseMessage crossSite = await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?match=*", ("Cookie", cookie), ("Sec-Fetch-Site", "cross-site"));
        Assert.Equal(HttpStatusCode.Forbidden, crossSite.StatusCode);
        await using TestStream own = await app.SubscribeWithAsync(null, "match=*", headers: [("Cookie", cookie), ("Origin", "https://hub.example")]);
        await using TestStream reader = await app.SubscribeWithAsync(null, "match=*", headers: [("Cookie", cookie), ("Origin", "https://reader.example")]);
        await app.AcceptAsync(GuardedHub.Current(publish: ["*"]), ("topic", "a"), ("data", "private"), ("private", "on"));
        Assert.Equal("private", Assert.Single(await own.ReadEventsAsync(1)).Data);
        Assert.Equal("private", Assert.Single(await reader.ReadEventsAsync(1)).Data);
    }

    // The app's own sign-in, a cookie most of the time, is sent along by browsers as the hub's cookie is.
    [Fact]
    public async Task A_foreign_page_uses_the_hub_as_little_with_what_the_app_knows_its_user_by()
    {
        await using TestApp app = await StartAsync();
        foreach (string origin in ForeignOrigins)
        {
            using HttpResponseMessage publish = await PostAsync(app, ("X-User", "bob"), ("Origin", origin));
            using HttpResponseMessage read = await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?match=*", ("X-User", "bob"), ("Origin", origin));
            Assert.True((publish.StatusCode, read.StatusCode) == (HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), origin);
        }

        using HttpResponseMessage crossSite = await PostAsync(app, ("X-User", "bob"), ("Sec-Fetch-Site", "cross-site"));
        using HttpResponseMessage program = await PostAsync(app, ("X-User", "bob"));
        using HttpResponseMessage page = await PostAsync(app, ("X-User", "bob"), ("Origin", "https://shop.example"));
        await using TestStream own = await app.SubscribeWithAsync("user:bob", "match=*", headers: ("Origin", "https://hub.example"));
        await using TestStream reader = await app.SubscribeWithAsync("user:bob", "match=*", headers: ("Origin", "https://reader.example"));

        // What is left is the right itself, which bob does not have for this topic.
        Assert.Equal(("", "insufficient_scope", "insufficient_scope"), (ErrorOf(crossSite), ErrorOf(program), ErrorOf(page)));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (own.Response.StatusCode, reader.Response.StatusCode));

        static string ErrorOf(HttpResponseMessage response) => response.Headers.WwwAuthenticate.ToString().Contains("insufficient_scope", StringComparison.Ordinal) ? "insufficient_scope" : "";
    }

    // The form that a foreign page can send without asking first is the protocol's own; the other two such types are no publish at all.
    [Theory]
    [InlineData("text/plain")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded; charset=utf-16")]
    public async Task A_publish_of_another_type_is_415(string type) =>
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await PublishAsTypeAsync(type));

    [Theory]
    [InlineData("application/x-www-form-urlencoded; charset=UTF-8")]
    [InlineData("application/x-www-form-urlencoded; charset=\"utf-8\"")]
    [InlineData("Application/X-WWW-Form-Urlencoded")]
    public async Task The_charset_of_a_publish_may_be_named_in_any_spelling(string type) =>
        Assert.Equal(HttpStatusCode.OK, await PublishAsTypeAsync(type));

    [Fact]
    public async Task A_token_in_the_url_of_the_hub_counts_only_where_that_is_switched_on_and_is_told_nowhere()
    {
        string token = GuardedHub.LegacySubscriber("*");
        await using TestApp off = await GuardedHub.StartAsync();
        await using TestApp on = await GuardedHub.StartAsync(authorization: settings => settings.Legacy.AllowQueryToken = true);
        using HttpResponseMessage refused = await off.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?topic=*&authorization={token}");
        using HttpResponseMessage current = await on.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?topic=*&authorization={GuardedHub.Current(subscribe: ["*"])}");
        await using TestStream stream = await on.SubscribeWithAsync(null, $"topic=*&authorization={token}");
        await on.AcceptAsync(GuardedHub.LegacyPublisher("*"), ("topic", "a"), ("data", "private"), ("private", "on"));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized), (refused.StatusCode, current.StatusCode));
        Assert.Equal("private", Assert.Single(await stream.ReadEventsAsync(1)).Data);
        foreach (HttpResponseMessage response in new[] { refused, current, stream.Response })
        {
            Assert.DoesNotContain("eyJ", response.Headers.ToString(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("eyJ", await refused.Content.ReadAsStringAsync(TestApp.Cancellation), StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", await current.Content.ReadAsStringAsync(TestApp.Cancellation), StringComparison.Ordinal);
        Assert.DoesNotContain(
            on.Log.Lines.Concat(off.Log.Lines),
            line => line.Text.Contains("eyJ", StringComparison.Ordinal) && !line.Text.StartsWith("Request ", StringComparison.Ordinal)); // the framework's own, which the stand-alone hub has off
    }

    // A page that shows an answer of the hub tells the next one nothing of the URL.
    [Theory]
    [InlineData("GET", "?topic=*", HttpStatusCode.OK)]
    [InlineData("HEAD", "?topic=*", HttpStatusCode.OK)]
    [InlineData("GET", "?topic=", HttpStatusCode.BadRequest)]
    [InlineData("GET", "?topic=*&authorization=x", HttpStatusCode.Unauthorized)]
    [InlineData("POST", "?authorization=x", HttpStatusCode.Unauthorized)]
    [InlineData("GET", "/subscriptions?authorization=x", HttpStatusCode.NotFound)]
    public async Task No_answer_of_the_hub_is_told_as_a_referrer(string method, string target, HttpStatusCode status)
    {
        await using TestApp app = await GuardedHub.StartAsync(authorization: settings => settings.Legacy.AllowQueryToken = true);
        using HttpResponseMessage response = await app.AskAsync(new HttpMethod(method), TestApp.HubPath + target);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal("no-referrer", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
    }

    // Whoever is asked for under a name that is not the hub's tells nobody that name.
    [Fact]
    public async Task No_answer_repeats_the_host_that_the_request_made_up()
    {
        await using TestApp app = await GuardedHub.StartAsync(authorization: settings => settings.AllowAnonymous = false);
        foreach (HttpMethod method in new[] { HttpMethod.Get, HttpMethod.Head, HttpMethod.Post })
        {
            using HttpResponseMessage response = await app.AskAsync(method, $"{TestApp.HubPath}?match=*", ("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"));
            Assert.DoesNotContain("evil", response.Headers + await response.Content.ReadAsStringAsync(TestApp.Cancellation), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }
    }

    private static Task<TestApp> StartAsync() => GuardedHub.StartAsync(authorization: settings =>
    {
        settings.PublishOrigins.Add("https://shop.example");
        settings.CorsOrigins.Add("https://reader.example");
    });

    private static async Task<HttpStatusCode> PublishAsTypeAsync(string type)
    {
        await using TestApp app = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, TestApp.HubPath);
        request.Content = new ByteArrayContent("topic=a&data=x"u8.ToArray());
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        GuardedHub.Authorize(request, GuardedHub.Current(publish: ["*"]));
        using HttpResponseMessage response = await app.Client.SendAsync(request, TestApp.Cancellation);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> PostAsync(TestApp app, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, TestApp.HubPath);
        request.Content = new FormUrlEncodedContent([KeyValuePair.Create("topic", "a"), KeyValuePair.Create("data", "x")]);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await app.Client.SendAsync(request, TestApp.Cancellation);
    }
}
