using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tidings;

/// <summary>Where a set of JSON Web Keys comes from, which decides what may be in it.</summary>
internal enum JwkOrigin
{
    /// <summary>The operator's own settings or file: secrets are allowed, and a key that cannot be used is a mistake.</summary>
    Settings,

    /// <summary>An issuer's public address: no secrets, and keys for other purposes are passed over (RFC 7517, section 5).</summary>
    Published,
}

/// <summary>Reads JSON Web Keys (RFC 7517, RFC 7518 section 6): one, or a set. Private parts are not kept.</summary>
internal static class JwkReader
{
    /// <exception cref="KeyException">It is no JSON Web Key or set, holds too many, or none that can be used.</exception>
    public static IReadOnlyList<VerificationKey> Read(string json, IReadOnlyList<SignatureAlgorithm> asked, JwkOrigin origin, SecretRule secrets)
    {
        if (!StrictJson.TryParseObject(Encoding.UTF8.GetBytes(json), out JsonElement root))
        {
            throw new KeyException("is not a JSON Web Key or a set of them.");
        }

        JsonElement[] elements = [root];
        if (root.TryGetProperty("keys", out JsonElement set))
        {
            elements = set.ValueKind == JsonValueKind.Array ? [.. set.EnumerateArray()] : throw new KeyException("is no set of JSON Web Keys: \"keys\" is not a list.");
        }

        if (elements.Length > KeySet.MaxKeys)
        {
            throw new KeyException($"holds {elements.Length} keys; at most {KeySet.MaxKeys} are read.");
        }

        var keys = new List<VerificationKey>();
        KeyException? last = null;
        foreach (JsonElement element in elements)
        {
            try
            {
                if (ReadOne(element, asked, origin, secrets) is { } key)
                {
                    keys.Add(key);
                }
            }
            catch (KeyException unusable) when (origin == JwkOrigin.Published)
            {
                last = unusable;
            }
        }

        return keys.Count > 0 ? keys : throw last ?? new KeyException("holds no key that signatures can be verified with here. Ed25519 keys (EdDSA) are not supported: use ES256 or RS256.");
    }

    /// <summary>Whether whoever reads the text could sign with it.</summary>
    public static bool IsPrivate(string json) =>
        StrictJson.TryParseObject(Encoding.UTF8.GetBytes(json), out JsonElement root)
        && (root.TryGetProperty("keys", out JsonElement set) && set.ValueKind == JsonValueKind.Array ? set.EnumerateArray().Any(HoldsSecret) : HoldsSecret(root));

    private static bool HoldsSecret(JsonElement jwk) =>
        jwk.ValueKind == JsonValueKind.Object && (jwk.TryGetProperty("d", out _) || jwk.TryGetProperty("k", out _));

    private static VerificationKey? ReadOne(JsonElement jwk, IReadOnlyList<SignatureAlgorithm> asked, JwkOrigin origin, SecretRule secrets)
    {
        if (jwk.ValueKind != JsonValueKind.Object)
        {
            throw new KeyException("holds something that is not a JSON Web Key.");
        }

        if (!IsForSignatures(jwk) || Text(jwk, "kty") is not ("oct" or "RSA" or "EC"))
        {
            return null;
        }

        if (AlgorithmsOf(jwk, asked) is not { } algorithms)
        {
            return null;
        }

        string? id = Text(jwk, "kid");
        if (id is not null && Encoding.UTF8.GetByteCount(id) > CompactJws.MaxKeyIdBytes)
        {
            throw new KeyException($"holds a key whose \"kid\" is longer than {CompactJws.MaxKeyIdBytes} bytes.");
        }

        switch (Text(jwk, "kty"))
        {
            case "RSA":
                return AsymmetricKeys.Rsa(id, algorithms, new RSAParameters { Modulus = Bytes(jwk, "n"), Exponent = Bytes(jwk, "e") });
            case "EC" when AsymmetricKeys.CurveOf(Text(jwk, "crv")) is { } curve:
                return AsymmetricKeys.Ec(id, algorithms, new ECParameters { Curve = curve, Q = new ECPoint { X = Bytes(jwk, "x"), Y = Bytes(jwk, "y") } });
            case "EC":
                return null;
            default:
                return origin == JwkOrigin.Settings
                    ? SecretKeys.Make(id, Bytes(jwk, "k"), algorithms, secrets)
                    : throw new KeyException("publishes a shared secret, which is none any more.");
        }
    }

    private static bool IsForSignatures(JsonElement jwk) =>
        Text(jwk, "use") is null or "sig"
        && (!jwk.TryGetProperty("key_ops", out JsonElement operations)
            || (operations.ValueKind == JsonValueKind.Array
                && operations.EnumerateArray().Any(operation => operation.ValueKind == JsonValueKind.String && operation.GetString() is "verify" or "sign")));

    // A key that names its algorithm is used with no other (RFC 7517, 4.4). Null: with none that is allowed here.
    private static SignatureAlgorithm[]? AlgorithmsOf(JsonElement jwk, IReadOnlyList<SignatureAlgorithm> asked)
    {
        if (jwk.TryGetProperty("alg", out _))
        {
            return SignatureAlgorithm.TryGet(Text(jwk, "alg"), out SignatureAlgorithm? own) && (asked.Count == 0 || asked.Contains(own)) ? [own] : null;
        }

        // Settings name the algorithms of a whole set; each key takes those of its kind.
        SignatureAlgorithm[] fitting = [.. asked.Where(algorithm => Fits(jwk, algorithm))];
        return asked.Count > 0 && fitting.Length == 0 ? null : fitting;
    }

    private static bool Fits(JsonElement jwk, SignatureAlgorithm algorithm) => (Text(jwk, "kty"), algorithm.Family) switch
    {
        ("oct", SignatureFamily.Hmac) => true,
        ("RSA", SignatureFamily.RsaPkcs1 or SignatureFamily.RsaPss) => true,
        ("EC", SignatureFamily.Ecdsa) => (Text(jwk, "crv"), algorithm.Name) is ("P-256", "ES256") or ("P-384", "ES384") or ("P-521", "ES512"),
        _ => false,
    };

    private static string? Text(JsonElement jwk, string name) =>
        jwk.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[] Bytes(JsonElement jwk, string name) =>
        Text(jwk, name) is { Length: > 0 } text && Base64UrlText.TryDecode(text, out byte[] bytes)
            ? bytes
            : throw new KeyException($"holds a JSON Web Key whose \"{name}\" is missing or not base64url.");
}
