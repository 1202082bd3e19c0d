using System.Security.Cryptography;

namespace Tidings;

/// <summary>Makes keys of public parameters, once they are found to be strong enough and of the right kind for their algorithms.</summary>
internal static class AsymmetricKeys
{
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192; // A signature check costs the square of this.

    private static readonly (string Oid, string Name, string Algorithm)[] Curves =
    [
        ("1.2.840.10045.3.1.7", "P-256", "ES256"),
        ("1.3.132.0.34", "P-384", "ES384"),
        ("1.3.132.0.35", "P-521", "ES512"),
    ];

    /// <exception cref="KeyException">The key is too weak, or too expensive, or not for the algorithms.</exception>
    public static VerificationKey Rsa(string? id, IReadOnlyList<SignatureAlgorithm> asked, RSAParameters parameters)
    {
        try
        {
            using RSA rsa = RSA.Create(new RSAParameters { Modulus = parameters.Modulus, Exponent = parameters.Exponent });
            if (rsa.KeySize is < MinRsaBits or > MaxRsaBits)
            {
                throw new KeyException($"is an RSA key of {rsa.KeySize} bits; it must have from {MinRsaBits} to {MaxRsaBits}.");
            }

            IReadOnlyList<SignatureAlgorithm> algorithms = AlgorithmList.Fit(
                asked, "RS256", "an RSA key", static algorithm => algorithm.Family is SignatureFamily.RsaPkcs1 or SignatureFamily.RsaPss);
            return new RsaKey(id, algorithms, rsa.ExportParameters(includePrivateParameters: false));
        }
        catch (CryptographicException)
        {
            throw new KeyException("holds an RSA key that cannot be read.");
        }
    }

    /// <exception cref="KeyException">The point is not on its curve, the curve is unknown, or the key is not for the algorithms.</exception>
    public static VerificationKey Ec(string? id, IReadOnlyList<SignatureAlgorithm> asked, ECParameters parameters)
    {
        try
        {
            using ECDsa ecdsa = ECDsa.Create(new ECParameters { Curve = parameters.Curve, Q = parameters.Q });
            ECParameters exported = ecdsa.ExportParameters(includePrivateParameters: false);
            (_, string curve, string usual) = Curves.FirstOrDefault(known => known.Oid == exported.Curve.Oid.Value);
            if (usual is null)
            {
                throw new KeyException("is a key on a curve that no supported algorithm uses; those are P-256, P-384 and P-521.");
            }

            IReadOnlyList<SignatureAlgorithm> algorithms = AlgorithmList.Fit(asked, usual, $"a key on the curve {curve}", algorithm => algorithm.Name == usual);
            return new EcKey(id, algorithms[0], exported);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or PlatformNotSupportedException)
        {
            throw new KeyException("holds an elliptic-curve key that cannot be read, or whose point is not on its curve.");
        }
    }

    /// <summary>The curve that JSON Web Keys call by this name; null for one that no supported algorithm uses.</summary>
    public static ECCurve? CurveOf(string? name) =>
        Array.Find(Curves, known => known.Name == name) is { Oid: { } oid } ? ECCurve.CreateFromValue(oid) : null;
}
