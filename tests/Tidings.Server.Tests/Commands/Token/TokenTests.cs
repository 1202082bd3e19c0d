using System.Security.Cryptography;
using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Server.Tests.Commands.Token;

/// <summary><c>tidings token</c> and <c>tidings token decode</c>.</summary>
public sealed class TokenTests : IDisposable
{
    private const string Secret = "kX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU";

    private static readonly string[] Current = ["--issuer", "https://example.com", "--audience", "https://example.com/.well-known/mercure"];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tidings-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_new_key_is_one_that_a_hub_takes()
    {
        var terminal = new TestTerminal();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("token", "--new-key"));
        string key = terminal.Output.Trim();

        Assert.Equal(64, key.Length);
        Assert.Null(SecretStrength.Complaint(System.Text.Encoding.UTF8.GetBytes(key), SignatureAlgorithm.All.Take(3)));
    }

    [Fact]
    public async Task A_token_of_1_0_has_what_the_protocol_asks_for()
    {
        string token = await MakeAsync([.. Current, "--publish", "news", "--subscribe", "*", "--subscribe", "exact:urlpattern:x", "--payload", """{"name":"é"}""", "--expires", "15m", "--key-id", "k1"]);
        (JsonElement header, JsonElement claims) = Read(token);

        Assert.Equal("""{"alg":"HS256","typ":"at+jwt","kid":"k1"}""", header.GetRawText());
        Assert.Equal("https://example.com", claims.GetProperty("iss").GetString());
        Assert.Equal("https://example.com/.well-known/mercure", claims.GetProperty("aud").GetString());
        Assert.Equal(("tidings", "tidings"), (claims.GetProperty("sub").GetString(), claims.GetProperty("client_id").GetString()));
        Assert.Equal(900, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        Assert.True(claims.GetProperty("jti").TryGetGuid(out _));
        Assert.Equal(
            """[{"type":"https://mercure.rocks/authorization-detail","actions":["publish"],"topics":[{"match":"news"}]},{"type":"https://mercure.rocks/authorization-detail","actions":["subscribe"],"topics":[{"match":"*"},{"match":"urlpattern:x"}],"payload":{"name":"é"}}]""",
            claims.GetProperty("authorization_details").GetRawText());
    }

    [Fact]
    public async Task A_token_of_0_x_has_the_mercure_claim_and_may_have_no_end()
    {
        (JsonElement header, JsonElement claims) = Read(await MakeAsync(["--legacy", "--publish", "*", "--subscribe", "a", "--subscribe", "b", "--payload", "1", "--expires", "never"]));

        Assert.Equal("JWT", header.GetProperty("typ").GetString());
        Assert.False(claims.TryGetProperty("exp", out _));
        Assert.Equal("""{"publish":["*"],"subscribe":["a","b"],"payload":1}""", claims.GetProperty("mercure").GetRawText());
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS512")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("HS512")]
    public async Task Every_kind_of_key_signs_what_it_verifies(string algorithm)
    {
        using RSA rsa = RSA.Create(2048);
        using ECDsa ec = ECDsa.Create(algorithm == "ES384" ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256);
        (string signing, string verifying) = algorithm[0] switch
        {
            'H' => (Secret + Secret, Secret + Secret),
            'E' => (ec.ExportPkcs8PrivateKeyPem(), ec.ExportSubjectPublicKeyInfoPem()),
            _ => (rsa.ExportRSAPrivateKeyPem(), rsa.ExportSubjectPublicKeyInfoPem()),
        };
        string token = await MakeAsync(["--legacy", "--publish", "*", "--algorithm", algorithm], signing);

        (ExitCode code, string output, _) = await DecodeAsync(token, "--key", Write("verify", verifying), "--algorithm", algorithm);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains($"Its signature ({algorithm}) is that of the key.", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("needs --issuer and --audience", "--publish", "a", "--key", "@-")]
    [InlineData("would grant nothing", "--legacy", "--key", "@-")]
    [InlineData("--expires takes a time", "--legacy", "--publish", "a", "--key", "@-", "--expires", "1y")]
    [InlineData("--expires takes a time", "--issuer", "i", "--audience", "a", "--publish", "a", "--key", "@-", "--expires", "never")]
    [InlineData("There is no key", "--legacy", "--publish", "a")]
    [InlineData("seen by everybody", "--legacy", "--publish", "a", "--key", Secret)]
    [InlineData("cannot be read", "--legacy", "--publish", "a", "--key", "@/nowhere/key")]
    [InlineData("--payload takes JSON", "--issuer", "i", "--audience", "a", "--subscribe", "a", "--key", "@-", "--payload", "1")]
    [InlineData("cannot be used with RS256", "--legacy", "--publish", "a", "--key", "@-", "--algorithm", "RS256")]
    [InlineData("EdDSA, which the cryptography of this .NET does not have", "--legacy", "--publish", "a", "--key", "@-", "--algorithm", "EdDSA")]
    public async Task What_cannot_be_a_token_is_told_with_exit_code_2(string sentence, params string[] args)
    {
        var terminal = new TestTerminal { Input = TestTerminal.Typed(Secret) };
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync(["token", .. args]));
        Assert.Contains(sentence, terminal.Error, StringComparison.Ordinal);
        Assert.Equal("", terminal.Output);
        Assert.DoesNotContain(Secret, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_public_key_cannot_sign()
    {
        using ECDsa ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var terminal = new TestTerminal { Input = TestTerminal.Typed(ec.ExportSubjectPublicKeyInfoPem()) };
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("token", "--legacy", "--publish", "a", "--key", "@-"));
        Assert.Contains("not sign", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_weak_key_signs_with_a_warning()
    {
        var terminal = new TestTerminal { Variables = new() { ["TIDINGS_KEY"] = "!ChangeMe!" } };
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("token", "--legacy", "--publish", "*"));
        Assert.Contains("Only a hub in dev mode takes it.", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decoding_says_when_a_token_ends_and_that_nobody_verified_it()
    {
        var time = new FakeTimeProvider();
        string token = await MakeAsync([.. Current, "--publish", "news"], time: time);

        (ExitCode code, string output, _) = await DecodeAsync(token);
        Assert.Equal(ExitCode.Auth, code); // by the real clock it is not yet valid: it was issued in 2030
        Assert.Contains("It is an access token of protocol 1.0.", output, StringComparison.Ordinal);
        Assert.Contains("It ends at 2030-01-01 13:00:00 UTC", output, StringComparison.Ordinal);
        Assert.Contains("Its signature was not verified: there is no key.", output, StringComparison.Ordinal);
        Assert.Contains("A hub would refuse it. Its \"nbf\" or \"iat\" is more than 30 s ahead.", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("users/7", true, 0, "It receives private events on users/7, if it subscribes to them: its matcher users/7 selects the topic.")]
    [InlineData("users/8", true, 4, "It does not receive private events on users/8, whatever it subscribes to: none of its matchers for \"subscribe\" selects the topic. They are: users/7, chat.")]
    [InlineData("users/8", false, 0, "It receives public events on users/8, if it subscribes to them")]
    [InlineData("news", false, 0, "It may publish on news: its matcher news selects the topic.")]
    [InlineData("chat", false, 0, "It may not publish on chat: none of its matchers for \"publish\" selects the topic. They are: news.")]
    public async Task Decoding_says_why_a_token_would_or_would_not_reach_a_topic(string topic, bool isPrivate, int expected, string sentence)
    {
        foreach (string[] dialect in new string[][] { Current, ["--legacy"] })
        {
            string token = await MakeAsync([.. dialect, "--publish", "news", "--subscribe", "users/7", "--subscribe", "chat"]);
            (ExitCode code, string output, _) = await DecodeAsync(token, ["--topic", topic, .. isPrivate ? ["--private"] : Array.Empty<string>()]);
            Assert.Equal(expected, (int)code);
            Assert.Contains(sentence, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_token_that_grants_nothing_says_so()
    {
        string token = await MakeAsync(["--legacy", "--publish", "news"]);
        (ExitCode code, string output, _) = await DecodeAsync(token, "--topic", "news", "--private");
        Assert.Equal(ExitCode.Auth, code);
        Assert.Contains("it grants no \"subscribe\" at all.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_or_audience_is_exit_code_4()
    {
        string token = await MakeAsync([.. Current, "--publish", "news"]);
        (ExitCode wrongKey, string keyOutput, _) = await DecodeAsync(token, "--key", Write("other", "aX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU"));
        (ExitCode wrongAudience, string audienceOutput, _) = await DecodeAsync(token, "--audience", "https://other.example");

        Assert.Equal((ExitCode.Auth, ExitCode.Auth), (wrongKey, wrongAudience));
        Assert.Contains("The key has not made its signature", keyOutput, StringComparison.Ordinal);
        Assert.Contains("Its \"aud\" does not name the hub.", audienceOutput, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("a.b.c.d.e")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public async Task What_is_no_token_is_exit_code_2(string text)
    {
        (ExitCode code, _, string error) = await DecodeAsync(text);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("This is no token that a hub takes.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_cannot_steer_the_terminal()
    {
        string token = await MakeAsync(["--legacy", "--publish", "\u009B31m", "--subject", "\u001B[31m\u009B"]);
        (_, string output, _) = await DecodeAsync(token, "--topic", "x");
        Assert.DoesNotContain(output, character => character != '\n' && char.IsControl(character));
    }

    private async Task<string> MakeAsync(string[] args, string key = Secret, TimeProvider? time = null)
    {
        var terminal = new TestTerminal { Time = time ?? TimeProvider.System };
        ExitCode code = await terminal.RunAsync(["token", "--key", Write("key", key), .. args]);
        Assert.True(code == ExitCode.Ok, terminal.Error);
        Assert.Equal("", terminal.Error);
        return terminal.Output.Trim();
    }

    private static async Task<(ExitCode Code, string Output, string Error)> DecodeAsync(string token, params string[] args)
    {
        var terminal = new TestTerminal { Input = TestTerminal.Typed(token + "\n") };
        ExitCode code = await terminal.RunAsync(["token", "decode", .. args]);
        return (code, terminal.Output, terminal.Error);
    }

    private static (JsonElement Header, JsonElement Claims) Read(string token)
    {
        Assert.True(CompactJws.TryParse(token, out CompactJws? jws, out _));
        Assert.True(StrictJson.TryParseObject(jws.Payload, out JsonElement claims));
        return (jws.Header, claims);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory.FullName, name);
        File.WriteAllText(path, text + "\n");
        return $"@{path}";
    }
}
