using System.Net;
using System.Text;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>Forged, foreign and ended tokens at the hub itself: they neither publish nor subscribe, and not even as nobody.</summary>
public sealed class TokenThreatTests
{
    [Fact]
    public async Task No_forged_token_publishes_or_subscribes_although_nobody_may_subscribe_too()
    {
        await using TestApp app = await GuardedHub.StartAsync();
        foreach ((string name, string token) in ForgedTokens.All)
        {
            using HttpResponseMessage publish = await app.PublishWithAsync(token, ("topic", "a"), ("data", name));
            using HttpResponseMessage subscribe = await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?match=*", ("Authorization", $"Bearer {token}"));
            using HttpResponseMessage head = await app.AskAsync(HttpMethod.Head, $"{TestApp.HubPath}?match=*", ("Authorization", $"Bearer {token}"));

            foreach (HttpResponseMessage response in new[] { publish, subscribe, head })
            {
                Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{name}: {response.StatusCode}");
                Assert.EndsWith("error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
                Assert.True(response.Headers.CacheControl!.NoStore, name);
            }
        }

        await using TestStream stream = await app.SubscribeWithAsync(null, "match=*", "earliest");
        await app.AcceptAsync(GuardedHub.Current(publish: ["*"]), ("topic", "end"), ("data", "end"));
        Assert.Equal("end", Assert.Single(await stream.ReadEventsAsync(1)).Data);
    }

    [Theory]
    [InlineData("/.WELL-KNOWN/MERCURE")]
    [InlineData("/.well-known/Mercure/")]
    [InlineData("/.well-known/%6Dercure")]
    public async Task Under_no_spelling_of_its_address_does_the_hub_take_what_only_it_may_publish(string path)
    {
        await using TestApp app = await TestApp.StartAsync(); // without a public URL, so that the path of the request is all that there is
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("topic", "/.well-known/mercure/subscriptions/a/b"), KeyValuePair.Create("data", "forged")]);

        using HttpResponseMessage response = await app.Client.PostAsync(path, form, TestApp.Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_token_is_good_to_its_last_tick_and_thirty_seconds_before_its_first()
    {
        await using TestApp app = await GuardedHub.StartAsync();
        string ending = Forge.Good(("exp", $"{Forge.Seconds(10)}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(app, Forge.Good(("nbf", $"{Forge.Seconds(30)}"))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(app, Forge.Good(("nbf", $"{Forge.Seconds(31)}"))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(app, Forge.Good(("exp", null))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(app, Forge.Good(("exp", $"{Forge.Seconds(0)}"))));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(app, Forge.Legacy(Forge.PublisherSecret)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(app, Forge.Legacy(Forge.PublisherSecret, ("exp", $"{Forge.Seconds(0)}"))));

        app.Time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(app, ending));
        app.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(app, ending));
    }

    [Fact]
    public async Task A_publish_whose_body_takes_longer_than_its_token_lasts_is_refused()
    {
        await using TestApp app = await GuardedHub.StartAsync();
        await using Stream connection = app.Transport.Connect(TestApp.Http1Port);
        string token = GuardedHub.Current(publish: ["*"], seconds: 10);
        await connection.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST {TestApp.HubPath} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: 14\r\n\r\n"),
            TestApp.Cancellation);
        byte[] buffer = new byte[4096];
        int read = await connection.ReadAsync(buffer, TestApp.Cancellation);
        Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(buffer, 0, read), StringComparison.Ordinal); // the token was good

        app.Time.Advance(TimeSpan.FromSeconds(10));
        await connection.WriteAsync("topic=a&data=x"u8.ToArray(), TestApp.Cancellation);
        read = await connection.ReadAsync(buffer, TestApp.Cancellation).AsTask().WaitAsync(Hang.Limit, TimeProvider.System);

        Assert.StartsWith("HTTP/1.1 401", Encoding.ASCII.GetString(buffer, 0, read), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, 1, HttpStatusCode.OK)]
    [InlineData(1, 100, HttpStatusCode.OK)]
    [InlineData(101, 1, HttpStatusCode.Unauthorized)]
    [InlineData(1, 101, HttpStatusCode.Unauthorized)]
    public async Task The_rights_of_a_token_have_a_bound(int details, int topics, HttpStatusCode expected)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        string list = string.Join(',', Enumerable.Range(0, topics).Select(_ => """{"match":"a"}"""));
        string other = """{"type":"https://mercure.rocks/authorization-detail","actions":["publish"],"topics":[{"match":"a"}]}""";
        string first = $$"""{"type":"https://mercure.rocks/authorization-detail","actions":["publish"],"topics":[{{list}}]}""";
        string token = Forge.Good(("authorization_details", $"[{string.Join(',', Enumerable.Repeat(other, details - 1).Prepend(first))}]"));

        Assert.Equal(expected, await StatusAsync(app, token));
    }

    // The comparison of a secret's signature takes the same time wherever it differs; RSA and elliptic curves have no secret here.
    [Fact]
    public void Signatures_by_a_secret_are_compared_in_constant_time()
    {
        string sources = Path.Combine(PublicApi.RepositoryRoot(), "src", "Tidings.AspNetCore", "Authorization");
        string keys = File.ReadAllText(Path.Combine(sources, "Keys", "VerificationKey.cs"));

        Assert.Contains("CryptographicOperations.FixedTimeEquals(CryptographicOperations.HmacData(", keys, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories),
            file => File.ReadAllText(file) is var text && text.Contains("ignature.SequenceEqual", StringComparison.Ordinal));
    }

    private static async Task<HttpStatusCode> StatusAsync(TestApp app, string token)
    {
        using HttpResponseMessage response = await app.PublishWithAsync(token, ("topic", "a"), ("data", "x"));
        return response.StatusCode;
    }
}
