using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Tidings.AspNetCore.Tests.Authorization;

/// <summary>Makes tokens, good and bad, and an app that judges them: one issuer with published-style keys, another with a secret, and keys for protocol 0.x.</summary>
internal static class Forge
{
    public const string Issuer = "https://issuer.example";
    public const string OtherIssuer = "https://other.example";
    public const string Hub = "https://hub.example/.well-known/mercure";

    public const string OtherSecret = "kX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU";
    public const string PublisherSecret = "pQ3rS7tU1vW5xY9zA2bC6dE0fG4hI8jK";
    public const string SubscriberSecret = "sM1nO5pQ9rS3tU7vW1xY5zA9bC3dE7fG";

    /// <summary>When the clock of the tests starts.</summary>
    public static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly RSA Rsa = RSA.Create(2048);
    public static readonly ECDsa Ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public const string GoodHeader = """{"alg":"RS256","typ":"at+jwt","kid":"rsa"}""";
    public const string AllTopics = """[{"type":"https://mercure.rocks/authorization-detail","actions":["publish","subscribe"],"topics":[{"match":"*"}]}]""";

    public static long Seconds(double fromNow) => Now.AddSeconds(fromNow).ToUnixTimeSeconds();

    /// <summary>The claims of a good token of protocol 1.0, changed as the test wants: <c>("exp", null)</c> leaves one out, others are JSON.</summary>
    public static string Claims(params (string Name, string? Json)[] changes)
    {
        var claims = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["iss"] = $"\"{Issuer}\"",
            ["aud"] = $"\"{Hub}\"",
            ["sub"] = "\"alice\"",
            ["client_id"] = "\"shop\"",
            ["jti"] = "\"t1\"",
            ["iat"] = $"{Seconds(-10)}",
            ["exp"] = $"{Seconds(600)}",
            ["authorization_details"] = AllTopics,
        };
        foreach ((string name, string? json) in changes)
        {
            claims[name] = json;
        }

        return Object(claims);
    }

    /// <summary>The claims of a good token of protocol 0.x, changed as the test wants.</summary>
    public static string LegacyClaims(params (string Name, string? Json)[] changes)
    {
        var claims = new Dictionary<string, string?>(StringComparer.Ordinal) { ["mercure"] = """{"publish":["*"],"subscribe":["*"]}""" };
        foreach ((string name, string? json) in changes)
        {
            claims[name] = json;
        }

        return Object(claims);
    }

    public static string Good(params (string Name, string? Json)[] changes) => Rs256(GoodHeader, Claims(changes));

    public static string Rs256(string header, string payload) =>
        Sign(header, payload, signed => Rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public static string Es256(string header, string payload) => Sign(header, payload, signed => Ec.SignData(signed, HashAlgorithmName.SHA256));

    public static string Hs256(string header, string payload, string secret) =>
        Sign(header, payload, signed => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed));

    public static string Legacy(string secret, params (string Name, string? Json)[] changes) => Hs256("""{"alg":"HS256","typ":"JWT"}""", LegacyClaims(changes), secret);

    public static string Sign(string header, string payload, Func<byte[], byte[]> sign) => SignRaw(Encode(header), Encode(payload), sign);

    public static string SignRaw(string header, string payload, Func<byte[], byte[]> sign) =>
        $"{header}.{payload}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes($"{header}.{payload}")))}";

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static string RsaJwk(string kid = "rsa")
    {
        RSAParameters key = Rsa.ExportParameters(includePrivateParameters: false);
        return $$"""{"kty":"RSA","kid":"{{kid}}","alg":"RS256","n":"{{Base64Url.EncodeToString(key.Modulus)}}","e":"{{Base64Url.EncodeToString(key.Exponent)}}"}""";
    }

    public static string EcJwk(string kid = "ec")
    {
        ECParameters key = Ec.ExportParameters(includePrivateParameters: false);
        return $$"""{"kty":"EC","kid":"{{kid}}","crv":"P-256","x":"{{Base64Url.EncodeToString(key.Q.X)}}","y":"{{Base64Url.EncodeToString(key.Q.Y)}}"}""";
    }

    /// <summary>The settings that the tests' tokens are made for.</summary>
    public static void Trust(HubAuthorizationOptions options)
    {
        options.PublicUrl = new Uri(Hub);
        options.Issuers.Add(new IssuerOptions { Identifier = Issuer, Keys = new TokenKeyOptions { Jwks = $$"""{"keys":[{{RsaJwk()}},{{EcJwk()}}]}""" } });
        options.Issuers.Add(new IssuerOptions { Identifier = OtherIssuer, Keys = new TokenKeyOptions { Key = OtherSecret } });
        options.Legacy.Publisher = new TokenKeyOptions { Key = PublisherSecret };
        options.Legacy.Subscriber = new TokenKeyOptions { Key = SubscriberSecret };
    }

    /// <summary>
    /// An app outside dev mode: <c>/who</c> tells the claims or challenges, <c>/never</c> forbids.
    /// </summary>
    public static Task<TestApp> StartAsync(Action<HubAuthorizationOptions>? change = null) => TestApp.StartAsync(
        options => options.Dev = false,
        app =>
        {
            app.MapMethods("/who", ["GET", "HEAD", "POST", "QUERY"], async context =>
            {
                if (context.User.Identity?.IsAuthenticated is true)
                {
                    await context.Response.WriteAsync(string.Join('\n', context.User.Claims.Select(claim => $"{claim.Type}={claim.Value}")));
                    return;
                }

                await context.ChallengeAsync();
            });
            app.MapGet("/never", context => context.ForbidAsync());
        },
        builder => builder.Services.AddAuthentication().AddTidingsTokens(options =>
        {
            Trust(options);
            change?.Invoke(options);
        }));

    public static async Task<HttpResponseMessage> AskAsync(this TestApp app, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestApp.Cancellation); // a stream has no end to wait for
    }

    public static Task<HttpResponseMessage> AskAsync(this TestApp app, string token) => app.AskAsync(HttpMethod.Get, "/who", ("Authorization", $"Bearer {token}"));

    private static string Object(Dictionary<string, string?> claims) =>
        $"{{{string.Join(',', claims.Where(claim => claim.Value is not null).Select(claim => $"\"{claim.Key}\":{claim.Value}"))}}}";
}
