using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tidings.AspNetCore.Tests.Authorization;

/// <summary>Tokens that must not be taken, each with a name that says what is wrong with it; everything else about it is right.</summary>
internal static class ForgedTokens
{
    private static readonly RSA StrangerRsa = RSA.Create(2048);
    private static readonly ECDsa StrangerEc = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly ECDsa LargerEc = ECDsa.Create(ECCurve.NamedCurves.nistP384);

    public static Dictionary<string, string> All { get; } = Concat(Algorithms(), Keys(), Shapes(), Headers(), Claims(), Details(), Legacy());

    private static IEnumerable<(string, string)> Algorithms()
    {
        string claims = Forge.Claims();
        foreach (string alg in new[] { "\"none\"", "\"None\"", "\"NONE\"", "\"nOnE\"", "\"\"", "null", "1", "[\"RS256\"]", "\"rs256\"", "\"RS256 \"", "\"RS1\"", "\"EdDSA\"", "\"ES256K\"", "\"HS1\"" })
        {
            yield return ($"alg {alg} without a signature", $"{Forge.Encode($$"""{"alg":{{alg}},"typ":"at+jwt"}""")}.{Forge.Encode(claims)}.");
            yield return ($"alg {alg} with a signature", Forge.Rs256($$"""{"alg":{{alg}},"typ":"at+jwt"}""", claims));
        }

        yield return ("no alg", Forge.Rs256("""{"typ":"at+jwt"}""", claims));
        yield return ("an empty signature", $"{Forge.Encode(Forge.GoodHeader)}.{Forge.Encode(claims)}.");
        yield return ("RS256 told to be RS512", Forge.Rs256("""{"alg":"RS512","typ":"at+jwt","kid":"rsa"}""", claims));
        yield return ("RS256 told to be PS256", Forge.Rs256("""{"alg":"PS256","typ":"at+jwt","kid":"rsa"}""", claims));
        yield return (
            "PSS where the key is for PKCS #1",
            Forge.Sign("""{"alg":"PS256","typ":"at+jwt","kid":"rsa"}""", claims, signed => Forge.Rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)));
        yield return (
            "a longer hash than the key is for",
            Forge.Sign("""{"alg":"RS512","typ":"at+jwt","kid":"rsa"}""", claims, signed => Forge.Rsa.SignData(signed, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)));
        foreach ((string what, byte[] secret) in new (string, byte[])[]
        {
            ("PEM", Encoding.ASCII.GetBytes(Forge.Rsa.ExportSubjectPublicKeyInfoPem())),
            ("PEM and a line end", Encoding.ASCII.GetBytes(Forge.Rsa.ExportSubjectPublicKeyInfoPem() + "\n")),
            ("DER", Forge.Rsa.ExportSubjectPublicKeyInfo()),
            ("PKCS #1 PEM", Encoding.ASCII.GetBytes(Forge.Rsa.ExportRSAPublicKeyPem())),
            ("JWK", Encoding.ASCII.GetBytes(Forge.RsaJwk())),
            ("modulus", Forge.Rsa.ExportParameters(includePrivateParameters: false).Modulus!),
        })
        {
            yield return ($"HS256 with the public key as the secret: {what}", Forge.Sign("""{"alg":"HS256","typ":"at+jwt","kid":"rsa"}""", claims, signed => HMACSHA256.HashData(secret, signed)));
        }

        yield return ("HS256 with an empty secret", Forge.Hs256("""{"alg":"HS256","typ":"at+jwt"}""", claims, ""));
    }

    private static IEnumerable<(string, string)> Keys()
    {
        string claims = Forge.Claims();
        yield return ("a stranger's RSA key", Forge.Sign(Forge.GoodHeader, claims, signed => StrangerRsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        yield return ("a stranger's key on the same curve", Forge.Sign("""{"alg":"ES256","typ":"at+jwt","kid":"ec"}""", claims, signed => StrangerEc.SignData(signed, HashAlgorithmName.SHA256)));
        yield return ("another curve", Forge.Sign("""{"alg":"ES256","typ":"at+jwt","kid":"ec"}""", claims, signed => LargerEc.SignData(signed, HashAlgorithmName.SHA256)));
        yield return ("ES384 with the key of ES256", Forge.Sign("""{"alg":"ES384","typ":"at+jwt","kid":"ec"}""", claims, signed => Forge.Ec.SignData(signed, HashAlgorithmName.SHA384)));
        yield return (
            "an ES256 signature in DER",
            Forge.Sign("""{"alg":"ES256","typ":"at+jwt","kid":"ec"}""", claims, signed => Forge.Ec.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
        yield return ("an ES256 signature of zeros", Forge.Sign("""{"alg":"ES256","typ":"at+jwt","kid":"ec"}""", claims, _ => new byte[64]));
        yield return ("an ES256 signature of nothing", Forge.Sign("""{"alg":"ES256","typ":"at+jwt","kid":"ec"}""", claims, _ => []));
        yield return ("an ES256 signature that is a byte too long", Forge.Sign("""{"alg":"ES256","typ":"at+jwt","kid":"ec"}""", claims, signed => [.. Forge.Ec.SignData(signed, HashAlgorithmName.SHA256), 0]));
        yield return ("an RS256 signature that is a byte too long", Forge.Sign(Forge.GoodHeader, claims, signed => [0, .. Forge.Rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)]));
        yield return ("the other issuer's secret", Forge.Hs256("""{"alg":"HS256","typ":"at+jwt"}""", claims, Forge.OtherSecret));
        yield return ("this issuer's key for the other issuer", Forge.Good(("iss", $"\"{Forge.OtherIssuer}\"")));
        yield return ("the secret of 0.x publishers", Forge.Hs256("""{"alg":"HS256","typ":"at+jwt"}""", Forge.Claims(("iss", $"\"{Forge.OtherIssuer}\"")), Forge.PublisherSecret));
        yield return ("kid of the other key", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":"ec"}""", claims));
        yield return ("unknown kid", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":"../../dev/null"}""", claims));
        yield return ("kid with SQL", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":"x' UNION SELECT 'k"}""", claims));
        yield return ("empty kid", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":""}""", claims));
        yield return ("kid that is a number", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":1}""", claims));
        yield return ("kid of 129 bytes", Forge.Rs256($$"""{"alg":"RS256","typ":"at+jwt","kid":"{{new string('k', 129)}}"}""", claims));
        RSAParameters own = StrangerRsa.ExportParameters(includePrivateParameters: false);
        string jwk = $$"""{"kty":"RSA","n":"{{Base64Url.EncodeToString(own.Modulus)}}","e":"{{Base64Url.EncodeToString(own.Exponent)}}"}""";
        yield return (
            "its own key in jwk",
            Forge.Sign($$"""{"alg":"RS256","typ":"at+jwt","jwk":{{jwk}}}""", claims, signed => StrangerRsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
    }

    private static IEnumerable<(string, string)> Shapes()
    {
        string good = Forge.Good();
        string[] parts = good.Split('.');
        yield return ("one part", parts[0]);
        yield return ("two parts", $"{parts[0]}.{parts[1]}");
        yield return ("four parts", $"{good}.{parts[2]}");
        yield return ("five parts, as an encrypted token has", $"{good}.{parts[1]}.{parts[2]}");
        yield return ("an empty header", $".{parts[1]}.{parts[2]}");
        yield return ("an empty payload", $"{parts[0]}..{parts[2]}");
        yield return ("a full stop at the end", $"{good}.");
        yield return ("padding", $"{parts[0]}.{parts[1]}.{parts[2]}==");
        yield return ("a letter more", $"{good}A");
        yield return ("a letter less", good[..^1]);
        yield return ("the alphabet of plain base64", $"{parts[0]}.{parts[1]}.{parts[2][..^4]}+/+/");
        yield return ("a percent sign", $"{parts[0]}.{parts[1]}%2E{parts[2]}");
        yield return ("bits that no byte holds", $"{parts[0]}.{parts[1]}.{Noncanonical(parts[2])}");
        yield return ("another payload under the same signature", $"{parts[0]}.{Forge.Encode(Forge.Claims(("sub", "\"mallory\"")))}.{parts[2]}");
        yield return ("another header under the same signature", $"{Forge.Encode("""{"alg":"RS256","typ":"at+jwt","kid":"rsa" }""")}.{parts[1]}.{parts[2]}");
        yield return ("a character more than allowed", Sized(CompactJws.MaxChars + 1));
        yield return ("a header that is an array", Forge.Rs256("""["RS256"]""", Forge.Claims()));
        yield return ("a header that is no JSON", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":"rsa",}""", Forge.Claims()));
        yield return ("a header with a comment", Forge.Rs256("""{"alg":"RS256",/**/"typ":"at+jwt","kid":"rsa"}""", Forge.Claims()));
        yield return ("a header with something behind it", Forge.Rs256(Forge.GoodHeader + "{}", Forge.Claims()));
        yield return ("a payload that is an array", Forge.Rs256(Forge.GoodHeader, $"[{Forge.Claims()}]"));
        yield return ("a payload that is text", Forge.Rs256(Forge.GoodHeader, "\"hello\""));
        yield return ("a payload with something behind it", Forge.Rs256(Forge.GoodHeader, Forge.Claims() + "\0"));
        yield return ("a payload with a byte order mark", Forge.Rs256(Forge.GoodHeader, "\uFEFF" + Forge.Claims()));
        yield return ("a payload that is not UTF-8", Raw(Encoding.Latin1.GetBytes(Forge.Claims(("sub", "\"\u00C3(\"")))));
        yield return ("half a character", Forge.Good(("sub", "\"\\uD800\"")));
        yield return ("half a character as a name", Forge.Good(("\\uD800", "1")));
        yield return ("a payload that is too deep", Forge.Good(("x", new string('[', 40) + new string(']', 40))));
    }

    private static IEnumerable<(string, string)> Headers()
    {
        string claims = Forge.Claims();
        yield return ("alg twice", Forge.Rs256("""{"alg":"none","alg":"RS256","typ":"at+jwt","kid":"rsa"}""", claims));
        yield return ("alg twice, once in disguise", Forge.Rs256("""{"alg":"RS256","\u0061lg":"none","typ":"at+jwt","kid":"rsa"}""", claims));
        yield return ("crit", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":"rsa","crit":["exp"],"exp":1}""", claims));
        yield return ("an empty crit", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":"rsa","crit":[]}""", claims));
        yield return ("b64 false", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":"rsa","b64":false}""", claims));
        yield return ("b64 true", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":"rsa","b64":true}""", claims));
        yield return ("zip", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":"rsa","zip":"DEF"}""", claims));
        yield return ("enc", Forge.Rs256("""{"alg":"RS256","typ":"at+jwt","kid":"rsa","enc":"A256GCM"}""", claims));
        foreach (string typ in new[] { "\"JWT\"", "\"\"", "\"jwt\"", "\"application/jwt\"", "\"at+jwt \"", "\"id+jwt\"", "null", "[\"at+jwt\"]" })
        {
            yield return ($"typ {typ}", Forge.Rs256($$"""{"alg":"RS256","typ":{{typ}},"kid":"rsa"}""", claims));
        }

        yield return ("no typ", Forge.Rs256("""{"alg":"RS256","kid":"rsa"}""", claims));
    }

    private static IEnumerable<(string, string)> Claims()
    {
        foreach ((string name, string? json) in new (string, string?)[]
        {
            ("iss", null), ("iss", "\"\""), ("iss", "\"https://issuer.example/\""), ("iss", "\"https://ISSUER.example\""), ("iss", "[\"https://issuer.example\"]"), ("iss", "null"),
            ("aud", null), ("aud", "\"\""), ("aud", "\"https://hub.example\""), ("aud", $"\"{Forge.Hub}/\""), ("aud", "[]"), ("aud", $"[\"{Forge.Hub}\",1]"), ("aud", $$"""{"a":"{{Forge.Hub}}"}"""), ("aud", "null"),
            ("exp", null), ("exp", "null"), ("exp", $"{Forge.Seconds(0)}"), ("exp", $"{Forge.Seconds(-2)}"), ("exp", "0"), ("exp", "-1"), ("exp", $"\"{Forge.Seconds(600)}\""), ("exp", "1e400"),
            ("exp", "253402300800"), ("exp", "9223372036854775808"), ("exp", "true"), ("exp", "[1]"),
            ("nbf", $"{Forge.Seconds(31)}"), ("nbf", "\"0\""), ("nbf", "null"), ("iat", $"{Forge.Seconds(31)}"), ("iat", "\"0\""),
            ("sub", "1"), ("client_id", "[]"), ("jti", "{}"),
        })
        {
            yield return ($"{name} {json ?? "missing"}", Forge.Good((name, json)));
        }

        yield return ("exp twice", Forge.Rs256(Forge.GoodHeader, $"{Forge.Claims()[..^1]},\"exp\":{Forge.Seconds(900)}}}"));
        yield return ("iss twice", Forge.Rs256(Forge.GoodHeader, $"{Forge.Claims()[..^1]},\"iss\":\"{Forge.Issuer}\"}}"));
        yield return ("1.0 by its type, with only the claim of 0.x", Forge.Hs256("""{"alg":"HS256","typ":"at+jwt"}""", Forge.LegacyClaims(), Forge.PublisherSecret));
        yield return (
            "1.0 by its claim, signed with the key of 0.x",
            Forge.Hs256("""{"alg":"HS256","typ":"JWT"}""", Forge.LegacyClaims(("authorization_details", "[]")), Forge.PublisherSecret));
        yield return ("0.x, signed with the key of an issuer of 1.0", Forge.Rs256("""{"alg":"RS256","typ":"JWT","kid":"rsa"}""", Forge.LegacyClaims(("iss", $"\"{Forge.Issuer}\""))));
        yield return ("neither dialect", Forge.Hs256("""{"alg":"HS256","typ":"JWT"}""", """{"sub":"alice","scope":"mercure everything"}""", Forge.PublisherSecret));
    }

    private static IEnumerable<(string, string)> Details()
    {
        const string Type = "https://mercure.rocks/authorization-detail";
        string Detail(string members) => $$"""{"type":"{{Type}}",{{members}}}""";
        string Topics(int count) => string.Join(',', Enumerable.Repeat("""{"match":"a"}""", count));
        foreach ((string what, string? json) in new (string, string?)[]
        {
            ("no details", null),
            ("details null", "null"),
            ("details that are an object", Detail("""  "actions":["publish"],"topics":[{"match":"a"}]""")),
            ("details that are text", "\"all\""),
            ("a detail that is text", "[\"all\"]"),
            ("a detail without a type", """[{"actions":["publish"],"topics":[{"match":"a"}]}]"""),
            ("no actions", $"[{Detail(""" "topics":[{"match":"a"}]""")}]"),
            ("empty actions", $"[{Detail(""" "actions":[],"topics":[{"match":"a"}]""")}]"),
            ("actions that are text", $"[{Detail(""" "actions":"publish","topics":[{"match":"a"}]""")}]"),
            ("an action that is a number", $"[{Detail(""" "actions":["publish",1],"topics":[{"match":"a"}]""")}]"),
            ("no topics", $"[{Detail(""" "actions":["publish"]""")}]"),
            ("empty topics", $"[{Detail(""" "actions":["publish"],"topics":[]""")}]"),
            ("a bare topic", $"[{Detail(""" "actions":["publish"],"topics":["a"]""")}]"),
            ("a topic without match", $"[{Detail(""" "actions":["publish"],"topics":[{}]""")}]"),
            ("a match that is a number", $"[{Detail(""" "actions":["publish"],"topics":[{"match":1}]""")}]"),
            ("an empty match", $"[{Detail(""" "actions":["publish"],"topics":[{"match":""}]""")}]"),
            ("a match with a line break", $"[{Detail(""" "actions":["publish"],"topics":[{"match":"a\nb"}]""")}]"),
            ("an unknown match_type", $"[{Detail(""" "actions":["publish"],"topics":[{"match":"a","match_type":"regex"}]""")}]"),
            ("a match_type in capitals", $"[{Detail(""" "actions":["publish"],"topics":[{"match":"a","match_type":"Exact"}]""")}]"),
            ("a match_type that is null", $"[{Detail(""" "actions":["publish"],"topics":[{"match":"a","match_type":null}]""")}]"),
            ("a match of 4,097 bytes", $"[{Detail($$""" "actions":["publish"],"topics":[{"match":"{{new string('a', 4097)}}"}]""")}]"),
            ("a subscriber payload that is text", $"[{Detail(""" "actions":["subscribe"],"topics":[{"match":"a"}],"payload":"x" """)}]"),
            ("101 details", $"[{string.Join(',', Enumerable.Repeat("""{"type":"x"}""", 101))}]"),
            ("101 topics in one detail", $"[{Detail($$""" "actions":["publish"],"topics":[{{Topics(101)}}]""")}]"),
            ("101 topics in two details", $"[{Detail($$""" "actions":["publish"],"topics":[{{Topics(50)}}]""")},{Detail($$""" "actions":["publish"],"topics":[{{Topics(51)}}]""")}]"),
            ("a good detail and a bad one", $"{Forge.AllTopics[..^1]},{Detail(""" "actions":["publish"],"topics":[]""")}]"),
        })
        {
            yield return (what, Forge.Good(("authorization_details", json)));
        }
    }

    private static IEnumerable<(string, string)> Legacy()
    {
        string selectors = string.Join(',', Enumerable.Repeat("\"a\"", LegacyClaim.MaxSelectors + 1));
        yield return ("0.x, another secret", Forge.Legacy(Forge.OtherSecret));
        yield return ("0.x, expired", Forge.Legacy(Forge.PublisherSecret, ("exp", $"{Forge.Seconds(0)}")));
        yield return ("0.x, exp that is text", Forge.Legacy(Forge.PublisherSecret, ("exp", "\"never\"")));
        yield return ("0.x, not yet valid", Forge.Legacy(Forge.PublisherSecret, ("nbf", $"{Forge.Seconds(31)}")));
        yield return ("0.x, a claim that is text", Forge.Legacy(Forge.PublisherSecret, ("mercure", "\"*\"")));
        yield return ("0.x, selectors that are text", Forge.Legacy(Forge.PublisherSecret, ("mercure", """{"publish":"*"}""")));
        yield return ("0.x, a selector that is a number", Forge.Legacy(Forge.PublisherSecret, ("mercure", """{"publish":[1]}""")));
        yield return ("0.x, 1,001 selectors", Forge.Legacy(Forge.PublisherSecret, ("mercure", $$"""{"publish":[{{selectors}}]}""")));
        yield return ("0.x, HS512 where the key is for HS256", Forge.Sign("""{"alg":"HS512"}""", Forge.LegacyClaims(), signed => HMACSHA512.HashData(Encoding.UTF8.GetBytes(Forge.PublisherSecret), signed)));
        yield return ("0.x, alg none", $"{Forge.Encode("""{"alg":"none"}""")}.{Forge.Encode(Forge.LegacyClaims())}.");
    }

    /// <summary>A good token of exactly that many characters.</summary>
    public static string Sized(int chars)
    {
        // Each three bytes are four characters; a longer header makes up for the lengths that no payload gives.
        int padding = (chars - Forge.Good(("x", "\"\"")).Length) / 4 * 3;
        foreach (string header in new[] { Forge.GoodHeader, Forge.GoodHeader + " ", Forge.GoodHeader + "  " })
        {
            for (int more = -3; more <= 3; more++)
            {
                string token = Forge.Rs256(header, Forge.Claims(("x", $"\"{new string('x', padding + more)}\"")));
                if (token.Length == chars)
                {
                    return token;
                }
            }
        }

        throw new InvalidOperationException($"No token has {chars} characters.");
    }

    private static string Raw(byte[] payload) =>
        Forge.SignRaw(Forge.Encode(Forge.GoodHeader), Base64Url.EncodeToString(payload), signed => Forge.Rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    // 256 bytes are 342 characters, the last of which carries four bits that no byte holds.
    private static string Noncanonical(string signature)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return signature[..^1] + Alphabet[Alphabet.IndexOf(signature[^1], StringComparison.Ordinal) | 1];
    }

    private static Dictionary<string, string> Concat(params IEnumerable<(string, string)>[] groups) =>
        groups.SelectMany(group => group).ToDictionary(pair => pair.Item1, pair => pair.Item2, StringComparer.Ordinal);
}
