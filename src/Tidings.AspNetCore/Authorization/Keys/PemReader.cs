using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tidings;

/// <summary>Reads the public key out of PEM: a public key, a certificate (whose dates and names do not matter here), or a private key without a password.</summary>
internal static class PemReader
{
    private const string Begin = "-----BEGIN";

    public static bool IsPem(string text) => text.Contains(Begin, StringComparison.Ordinal);

    /// <summary>Whether whoever reads the text could sign with it.</summary>
    public static bool IsPrivate(string text) => text.Contains("PRIVATE KEY-----", StringComparison.Ordinal);

    /// <exception cref="KeyException">There is no key, more than one, or one that cannot be used.</exception>
    public static VerificationKey Read(string text, IReadOnlyList<SignatureAlgorithm> asked)
    {
        if (text.Split(Begin).Length > 2 && !text.Contains("EC PARAMETERS", StringComparison.Ordinal))
        {
            throw new KeyException("holds several PEM blocks; give one key, or a JSON Web Key Set.");
        }

        try
        {
            if (text.Contains("CERTIFICATE-----", StringComparison.Ordinal))
            {
                return ReadCertificate(text, asked);
            }

            // The label does not say what a PKCS#8 or SPKI block holds: ask each.
            return TryRead(RSA.Create, text, static (RSA rsa) => rsa.ExportParameters(includePrivateParameters: false)) is { } rsa
                ? AsymmetricKeys.Rsa(id: null, asked, rsa)
                : TryRead(ECDsa.Create, text, static (ECDsa ecdsa) => ecdsa.ExportParameters(includePrivateParameters: false)) is { } ec
                    ? AsymmetricKeys.Ec(id: null, asked, ec)
                    : throw new KeyException("is PEM without an RSA or elliptic-curve key that can be read. Ed25519 keys and keys with a password are not supported.");
        }
        catch (CryptographicException)
        {
            throw new KeyException("is PEM that cannot be read.");
        }
    }

    private static VerificationKey ReadCertificate(string text, IReadOnlyList<SignatureAlgorithm> asked)
    {
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(text);
        using RSA? rsa = certificate.GetRSAPublicKey();
        if (rsa is not null)
        {
            return AsymmetricKeys.Rsa(id: null, asked, rsa.ExportParameters(includePrivateParameters: false));
        }

        using ECDsa? ecdsa = certificate.GetECDsaPublicKey();
        return ecdsa is null
            ? throw new KeyException("is a certificate without an RSA or elliptic-curve key.")
            : AsymmetricKeys.Ec(id: null, asked, ecdsa.ExportParameters(includePrivateParameters: false));
    }

    private static TParameters? TryRead<TKey, TParameters>(Func<TKey> create, string text, Func<TKey, TParameters> export)
        where TKey : AsymmetricAlgorithm
        where TParameters : struct
    {
        using TKey key = create();
        try
        {
            key.ImportFromPem(text);
            return export(key);
        }
        catch (Exception other) when (other is ArgumentException or CryptographicException)
        {
            return null;
        }
    }
}
