using System.Net;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Authorization;

public sealed class ForgedTokenTests
{
    [Fact]
    public async Task Every_forged_token_is_answered_with_401_and_nothing_about_the_reason()
    {
        await using TestApp app = await Forge.StartAsync();
        HashSet<string> bodies = [];
        foreach ((string name, string token) in ForgedTokens.All)
        {
            using HttpResponseMessage response = await app.AskAsync(token);
            Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{name}: {response.StatusCode}");
            Assert.Equal(
                """Bearer resource_metadata="https://hub.example/.well-known/oauth-protected-resource/.well-known/mercure", error="invalid_token" """.TrimEnd(),
                response.Headers.WwwAuthenticate.ToString());
            Assert.True(response.Headers.CacheControl!.NoStore, name);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
            bodies.Add(System.Text.RegularExpressions.Regex.Replace(await response.Content.ReadAsStringAsync(TestApp.Cancellation), "\"traceId\":\"[^\"]*\"", "", default, Hang.Limit));
        }

        Assert.True(ForgedTokens.All.Count >= 60, $"{ForgedTokens.All.Count} kinds");
        Assert.Single(bodies);
    }

    [Fact]
    public async Task The_tokens_that_the_forged_ones_are_made_of_are_good()
    {
        await using TestApp app = await Forge.StartAsync();
        foreach (string token in new[]
        {
            Forge.Good(),
            Forge.Es256("""{"alg":"ES256","typ":"application/AT+JWT","kid":"ec"}""", Forge.Claims()),
            Forge.Rs256("""{"typ":"AT+jwt","alg":"RS256"}""", Forge.Claims()),
            Forge.Hs256("""{"alg":"HS256","typ":"at+jwt","kid":"nobody knows this one"}""", Forge.Claims(("iss", $"\"{Forge.OtherIssuer}\"")), Forge.OtherSecret),
            Forge.Good(("aud", $"[\"x\",\"{Forge.Hub}\"]")),
            Forge.Good(("exp", $"{Forge.Seconds(1)}")),
            Forge.Good(("exp", $"{Forge.Seconds(0)}.5")),
            Forge.Good(("nbf", $"{Forge.Seconds(20)}")),
            Forge.Good(("nbf", $"{Forge.Seconds(30)}"), ("iat", $"{Forge.Seconds(30)}")),
            Forge.Good(("authorization_details", "[]")),
            Forge.Good(("authorization_details", """[{"type":"payment","actions":1}]""")),
            Forge.Good(("mercure", """{"publish":1}""")),
            Forge.Legacy(Forge.PublisherSecret),
            Forge.Legacy(Forge.SubscriberSecret, ("exp", $"{Forge.Seconds(1)}"), ("iat", $"{Forge.Seconds(500)}"), ("aud", "\"whoever\"")),
            Forge.Hs256("""{"alg":"HS256"}""", """{"https://mercure.rocks/":{"publish":["a"]}}""", Forge.PublisherSecret),
            ForgedTokens.Sized(CompactJws.MaxChars),
        })
        {
            using HttpResponseMessage response = await app.AskAsync(token);
            Assert.True(response.StatusCode == HttpStatusCode.OK, token);
        }
    }

    [Fact]
    public async Task A_token_that_names_its_own_keys_makes_nobody_fetch_them()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        await using TestApp app = await Forge.StartAsync();
        foreach (string member in new[] { "jku", "x5u", "jwk" })
        {
            string value = $"\"{server.Url}\"";
            using HttpResponseMessage unknown = await app.AskAsync(Forge.Rs256($$"""{"alg":"RS256","typ":"at+jwt","kid":"new","{{member}}":{{value}}}""", Forge.Claims()));
            using HttpResponseMessage known = await app.AskAsync(Forge.Rs256($$"""{"alg":"RS256","typ":"at+jwt","kid":"rsa","{{member}}":{{value}}}""", Forge.Claims()));

            Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
            Assert.Equal(HttpStatusCode.OK, known.StatusCode); // what it names does not count, in either direction
        }

        Assert.False(server.HasPendingConnection);
    }

    [Fact]
    public async Task The_end_of_a_token_is_exact()
    {
        await using TestApp app = await Forge.StartAsync();
        string token = Forge.Good(("exp", $"{Forge.Seconds(10)}"));

        app.Time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        using HttpResponseMessage before = await app.AskAsync(token);
        app.Time.Advance(TimeSpan.FromTicks(1));
        using HttpResponseMessage after = await app.AskAsync(token);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (before.StatusCode, after.StatusCode));
    }

    [Fact]
    public async Task Without_keys_for_them_tokens_of_0_x_are_refused()
    {
        await using TestApp app = await Forge.StartAsync(options => options.Legacy.Publisher = options.Legacy.Subscriber = null);
        using HttpResponseMessage response = await app.AskAsync(Forge.Legacy(Forge.PublisherSecret));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }
}
