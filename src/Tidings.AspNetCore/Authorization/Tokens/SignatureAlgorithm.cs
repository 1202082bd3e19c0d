using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Tidings;

/// <summary>The kinds of signatures, each with a type of key of its own.</summary>
internal enum SignatureFamily
{
    Hmac,
    RsaPkcs1,
    RsaPss,
    Ecdsa,
}

/// <summary>A signature algorithm of RFC 7518, section 3. There is no <c>none</c>.</summary>
internal sealed record SignatureAlgorithm(string Name, SignatureFamily Family, HashAlgorithmName Hash, int HashBytes)
{
    /// <summary>What this version verifies. EdDSA (RFC 8037) is missing: the cryptography of .NET 10 does not have it.</summary>
    public static IReadOnlyList<SignatureAlgorithm> All { get; } =
    [
        new("HS256", SignatureFamily.Hmac, HashAlgorithmName.SHA256, 32),
        new("HS384", SignatureFamily.Hmac, HashAlgorithmName.SHA384, 48),
        new("HS512", SignatureFamily.Hmac, HashAlgorithmName.SHA512, 64),
        new("RS256", SignatureFamily.RsaPkcs1, HashAlgorithmName.SHA256, 32),
        new("RS384", SignatureFamily.RsaPkcs1, HashAlgorithmName.SHA384, 48),
        new("RS512", SignatureFamily.RsaPkcs1, HashAlgorithmName.SHA512, 64),
        new("PS256", SignatureFamily.RsaPss, HashAlgorithmName.SHA256, 32),
        new("PS384", SignatureFamily.RsaPss, HashAlgorithmName.SHA384, 48),
        new("PS512", SignatureFamily.RsaPss, HashAlgorithmName.SHA512, 64),
        new("ES256", SignatureFamily.Ecdsa, HashAlgorithmName.SHA256, 32),
        new("ES384", SignatureFamily.Ecdsa, HashAlgorithmName.SHA384, 48),
        new("ES512", SignatureFamily.Ecdsa, HashAlgorithmName.SHA512, 64),
    ];

    /// <summary>The names, for a sentence.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(algorithm => algorithm.Name));

    /// <summary>Finds an algorithm by its name, which is case-sensitive.</summary>
    public static bool TryGet(string? name, [NotNullWhen(true)] out SignatureAlgorithm? algorithm)
    {
        algorithm = All.FirstOrDefault(known => known.Name == name);
        return algorithm is not null;
    }

    /// <summary>The algorithm of that name.</summary>
    public static SignatureAlgorithm Of(string name) => All.First(known => known.Name == name);
}
