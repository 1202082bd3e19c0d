using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tidings.Server;

/// <summary>Signs tokens with a shared secret, or with a private key in PEM.</summary>
internal sealed class TokenSigner
{
    private readonly Func<byte[], byte[]> _sign;

    private TokenSigner(SignatureAlgorithm algorithm, Func<byte[], byte[]> sign, string? weakness)
    {
        Algorithm = algorithm;
        _sign = sign;
        Weakness = weakness;
    }

    public SignatureAlgorithm Algorithm { get; }

    /// <summary>Why a hub outside dev mode would refuse the key; null if it would not.</summary>
    public string? Weakness { get; }

    /// <exception cref="SettingException">The key cannot sign, or not by that algorithm.</exception>
    public static TokenSigner Of(string key, string? algorithm)
    {
        try
        {
            // Whatever verifies with the key decides what it can be used for.
            VerificationKey verifier = KeyReader.ReadText(key, algorithm is null ? [] : AlgorithmList.Parse([algorithm]), SecretRule.Any);
            SignatureAlgorithm chosen = verifier.Algorithms[0];
            if (verifier.IsSecret)
            {
                byte[] secret = Encoding.UTF8.GetBytes(key);
                return new TokenSigner(chosen, signed => CryptographicOperations.HmacData(chosen.Hash, secret, signed), SecretStrength.Complaint(secret, [chosen]));
            }

            return PemReader.IsPrivate(key)
                ? new TokenSigner(chosen, signed => SignByPem(key, chosen, signed), weakness: null)
                : throw new SettingException("--key is a public key, which can verify tokens but not sign them.");
        }
        catch (KeyException unusable)
        {
            throw new SettingException($"--key {unusable.Message}");
        }
    }

    /// <summary>The signed token.</summary>
    public string Sign(byte[] header, byte[] payload)
    {
        string signed = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(_sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static byte[] SignByPem(string pem, SignatureAlgorithm algorithm, byte[] signed)
    {
        if (algorithm.Family == SignatureFamily.Ecdsa)
        {
            using ECDsa ecdsa = ECDsa.Create();
            ecdsa.ImportFromPem(pem);
            return ecdsa.SignData(signed, algorithm.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        using RSA rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        return rsa.SignData(signed, algorithm.Hash, algorithm.Family == SignatureFamily.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
    }
}
