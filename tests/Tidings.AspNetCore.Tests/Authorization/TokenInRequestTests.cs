using System.Net;

namespace Tidings.AspNetCore.Tests.Authorization;

/// <summary>Where tokens are taken from, and whose pages may send them in cookies.</summary>
public sealed class TokenInRequestTests
{
    private static readonly HttpMethod Query = new("QUERY");

    [Fact]
    public async Task Nothing_is_answered_with_the_way_to_get_a_token()
    {
        await using TestApp app = await Forge.StartAsync();
        using HttpResponseMessage response = await app.AskAsync(HttpMethod.Get, "/who");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("""Bearer resource_metadata="https://hub.example/.well-known/oauth-protected-resource/.well-known/mercure" """.TrimEnd(), response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task A_challenge_names_no_address_that_the_request_made_up()
    {
        await using TestApp app = await Forge.StartAsync(options =>
        {
            options.PublicUrl = null;
            options.Issuers[0].Audience = options.Issuers[1].Audience = Forge.Hub;
        });
        using HttpResponseMessage response = await app.AskAsync(HttpMethod.Get, "/who", ("Host", "evil.example"));
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task The_user_has_the_claims_of_the_token_that_matter_and_no_others()
    {
        await using TestApp app = await Forge.StartAsync();
        using HttpResponseMessage response = await app.AskAsync(Forge.Good(("role", "\"admin\""), ("tidings_actions", "\"publish\""), ("scope", "\"x\"")));
        string[] claims = (await response.Content.ReadAsStringAsync(TestApp.Cancellation)).Split('\n');

        Assert.Equal(
            [$"iss={Forge.Issuer}", "sub=alice", "client_id=shop", "jti=t1", $"exp={Forge.Seconds(600)}", $"authorization_details={Forge.AllTopics}"],
            claims[..^1]);
        Assert.StartsWith("tidings_trust=Subscribe:", claims[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    [InlineData("Bearer ")]
    public async Task The_name_of_the_scheme_has_no_case(string scheme)
    {
        await using TestApp app = await Forge.StartAsync();
        using HttpResponseMessage response = await app.AskAsync(HttpMethod.Get, "/who", ("Authorization", $"{scheme} {Forge.Good()}"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer a b")]
    [InlineData("Bearer a,b")]
    [InlineData("Bearer a, Bearer b")]
    public async Task A_malformed_header_is_400(string header)
    {
        await using TestApp app = await Forge.StartAsync();
        using HttpResponseMessage response = await app.AskAsync(HttpMethod.Get, "/who", ("Authorization", header));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("error=\"invalid_request\"", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_headers_are_400_even_if_both_are_good()
    {
        await using TestApp app = await Forge.StartAsync();
        using HttpResponseMessage response = await app.AskAsync(HttpMethod.Get, "/who", ("Authorization", $"Bearer {Forge.Good()}"), ("Authorization", $"Bearer {Forge.Good()}"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task With_a_header_the_cookie_does_not_count()
    {
        await using TestApp app = await Forge.StartAsync();
        string cookie = $"__Secure-mercure_access_token={Forge.Good()}";
        using HttpResponseMessage bad = await app.AskAsync(HttpMethod.Get, "/who", ("Authorization", "Bearer x"), ("Cookie", cookie));
        using HttpResponseMessage other = await app.AskAsync(HttpMethod.Get, "/who", ("Authorization", "Basic eDp5"), ("Cookie", cookie));
        using HttpResponseMessage foreign = await app.AskAsync(
            HttpMethod.Post, "/who", ("Authorization", $"Bearer {Forge.Good()}"), ("Cookie", cookie), ("Origin", "https://evil.example"));

        Assert.Equal(HttpStatusCode.Unauthorized, bad.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, other.StatusCode);
        Assert.Equal(HttpStatusCode.OK, foreign.StatusCode); // no page can make a browser send that header
    }

    [Fact]
    public async Task The_cookie_of_1_0_comes_before_that_of_0_x()
    {
        await using TestApp app = await Forge.StartAsync();
        string legacy = Forge.Legacy(Forge.SubscriberSecret);
        using HttpResponseMessage one = await app.AskAsync(HttpMethod.Get, "/who", ("Cookie", $"mercureAuthorization={legacy}"));
        using HttpResponseMessage both = await app.AskAsync(HttpMethod.Get, "/who", ("Cookie", $"mercureAuthorization={legacy}; __Secure-mercure_access_token={Forge.Good()}"));
        using HttpResponseMessage first = await app.AskAsync(HttpMethod.Get, "/who", ("Cookie", $"mercureAuthorization={legacy}; __Secure-mercure_access_token=x"));

        Assert.Contains("mercure=", await one.Content.ReadAsStringAsync(TestApp.Cancellation), StringComparison.Ordinal);
        Assert.Contains("sub=alice", await both.Content.ReadAsStringAsync(TestApp.Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, first.StatusCode);
    }

    // C18: what changes something by cookie comes from a page that is known.
    [Theory]
    [InlineData("Origin", "https://shop.example", 200)]
    [InlineData("Origin", "https://hub.example", 200)]
    [InlineData("Origin", "http://localhost:5001", 200)]
    [InlineData("Origin", "https://reader.example", 403)]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "https://shop.example.evil", 403)]
    [InlineData("Origin", "https://evilshop.example", 403)]
    [InlineData("Origin", "https://sub.shop.example", 403)]
    [InlineData("Origin", "http://shop.example", 403)]
    [InlineData("Origin", "https://shop.example:8443", 403)]
    [InlineData("Origin", "https://shop.example/", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "", 403)]
    [InlineData("Referer", "https://shop.example/cart?x=1", 200)]
    [InlineData("Referer", "https://evil.example/https://shop.example/", 403)]
    [InlineData("Referer", "https://shop.example@evil.example/", 403)]
    [InlineData("Referer", "shop.example", 403)]
    [InlineData("X-Nothing", "1", 403)]
    public async Task A_post_with_a_cookie_needs_a_page_that_may_publish(string header, string value, int status)
    {
        await using TestApp app = await StartWithOriginsAsync();
        using HttpResponseMessage response = await app.AskAsync(HttpMethod.Post, "/who", ("Cookie", $"__Secure-mercure_access_token={Forge.Good()}"), (header, value));
        Assert.Equal(status, (int)response.StatusCode);
        if (status == 403)
        {
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
            Assert.True(response.Headers.CacheControl!.NoStore);
        }
    }

    [Fact]
    public async Task An_origin_that_may_not_is_not_saved_by_a_referer_that_may()
    {
        await using TestApp app = await StartWithOriginsAsync();
        using HttpResponseMessage response = await app.AskAsync(
            HttpMethod.Post, "/who", ("Cookie", $"__Secure-mercure_access_token={Forge.Good()}"), ("Origin", "null"), ("Referer", "https://shop.example/"));
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    // C20: what reads by cookie does not come from a page that is known to be foreign.
    [Theory]
    [InlineData(null, null, 200)]
    [InlineData(null, "same-origin", 200)]
    [InlineData(null, "same-site", 200)]
    [InlineData(null, "none", 200)]
    [InlineData(null, "cross-site", 403)]
    [InlineData("https://reader.example", "cross-site", 200)]
    [InlineData("https://hub.example", "same-origin", 200)]
    [InlineData("https://shop.example", "cross-site", 403)]
    [InlineData("https://evil.example", null, 403)]
    [InlineData("null", null, 403)]
    public async Task A_get_with_a_cookie_is_refused_to_foreign_pages(string? origin, string? site, int status)
    {
        await using TestApp app = await StartWithOriginsAsync();
        List<(string, string)> headers = [("Cookie", $"mercureAuthorization={Forge.Legacy(Forge.SubscriberSecret)}")];
        if (origin is not null)
        {
            headers.Add(("Origin", origin));
        }

        if (site is not null)
        {
            headers.Add(("Sec-Fetch-Site", site));
        }

        foreach (HttpMethod method in new[] { HttpMethod.Get, Query })
        {
            using HttpResponseMessage response = await app.AskAsync(method, "/who", [.. headers]);
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task A_token_in_the_query_is_refused_unless_that_is_switched_on()
    {
        string path = $"/who?authorization={Forge.Legacy(Forge.SubscriberSecret)}";
        await using TestApp off = await Forge.StartAsync();
        await using TestApp on = await Forge.StartAsync(options => options.Legacy.AllowQueryToken = true);
        using HttpResponseMessage refused = await off.AskAsync(HttpMethod.Get, path);
        using HttpResponseMessage taken = await on.AskAsync(HttpMethod.Get, path);
        using HttpResponseMessage current = await on.AskAsync(HttpMethod.Get, $"/who?authorization={Forge.Good()}");
        using HttpResponseMessage twice = await on.AskAsync(HttpMethod.Get, $"{path}&authorization=x");
        using HttpResponseMessage both = await on.AskAsync(HttpMethod.Get, path, ("Authorization", $"Bearer {Forge.Good()}"));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, current.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, twice.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, both.StatusCode);

        // The framework's own request log tells every URL; the stand-alone hub has it switched off.
        Assert.DoesNotContain(
            on.Log.Lines.Concat(off.Log.Lines),
            line => line.Text.Contains("eyJhbGci", StringComparison.Ordinal) && !line.Text.StartsWith("Request ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_not_granted_is_403_in_1_0_and_401_in_0_x()
    {
        await using TestApp app = await Forge.StartAsync();
        using HttpResponseMessage current = await app.AskAsync(HttpMethod.Get, "/never", ("Authorization", $"Bearer {Forge.Good()}"));
        using HttpResponseMessage legacy = await app.AskAsync(HttpMethod.Get, "/never", ("Authorization", $"Bearer {Forge.Legacy(Forge.PublisherSecret)}"));

        Assert.Equal(HttpStatusCode.Forbidden, current.StatusCode);
        Assert.Contains("error=\"insufficient_scope\"", current.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, legacy.StatusCode);
        Assert.Equal("Bearer", legacy.Headers.WwwAuthenticate.ToString());
    }

    private static Task<TestApp> StartWithOriginsAsync() => Forge.StartAsync(options =>
    {
        options.PublishOrigins.Add("https://shop.example");
        options.CorsOrigins.Add("https://reader.example:443");
    });
}
