using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Tidings;

/// <summary>A key that tokens are verified with, bound to the algorithms that it may be used for. Safe for use from several threads.</summary>
internal abstract class VerificationKey
{
    // Of this process only: nobody who sees a fingerprint can test guesses of a secret with it.
    private static readonly byte[] Salt = RandomNumberGenerator.GetBytes(32);

    private protected VerificationKey(string? id, IReadOnlyList<SignatureAlgorithm> algorithms, ReadOnlySpan<byte> material)
    {
        Id = id;
        Algorithms = algorithms;
        byte[] identity = [.. Encoding.ASCII.GetBytes(string.Join(',', algorithms.Select(algorithm => algorithm.Name))), 0, .. material];
        Fingerprint = Convert.ToHexString(HMACSHA256.HashData(Salt, identity));
    }

    /// <summary>The <c>kid</c> that the key was published with; null for a key that has none.</summary>
    public string? Id { get; }

    public IReadOnlyList<SignatureAlgorithm> Algorithms { get; }

    /// <summary>The same for the same key and algorithms, as long as the process lives.</summary>
    public string Fingerprint { get; }

    /// <summary>Whether whoever verifies with the key can also sign with it.</summary>
    public virtual bool IsSecret => false;

    /// <summary>Says whether this key made the signature by <paramref name="algorithm"/>; always no for an algorithm that is not the key's.</summary>
    public bool Verify(SignatureAlgorithm algorithm, byte[] signed, byte[] signature) =>
        Algorithms.Contains(algorithm) && VerifyCore(algorithm, signed, signature);

    private protected abstract bool VerifyCore(SignatureAlgorithm algorithm, byte[] signed, byte[] signature);

    /// <summary>The framework does not promise that one key object can be used by two threads: each borrows one.</summary>
    private protected sealed class Pool<TKey>(Func<TKey> create)
        where TKey : class
    {
        private readonly ConcurrentBag<TKey> _idle = [];

        public bool Use(Func<TKey, bool> use)
        {
            TKey key = _idle.TryTake(out TKey? idle) ? idle : create();
            bool result = use(key);
            _idle.Add(key);
            return result;
        }
    }
}

/// <summary>A secret that both sides know (RFC 7518, 3.2).</summary>
internal sealed class HmacKey(string? id, IReadOnlyList<SignatureAlgorithm> algorithms, byte[] secret) : VerificationKey(id, algorithms, secret)
{
    public override bool IsSecret => true;

    private protected override bool VerifyCore(SignatureAlgorithm algorithm, byte[] signed, byte[] signature) =>
        CryptographicOperations.FixedTimeEquals(CryptographicOperations.HmacData(algorithm.Hash, secret, signed), signature);
}

/// <summary>An RSA public key (RFC 7518, 3.3 and 3.5).</summary>
internal sealed class RsaKey(string? id, IReadOnlyList<SignatureAlgorithm> algorithms, RSAParameters key)
    : VerificationKey(id, algorithms, [.. key.Modulus!, 0, .. key.Exponent!]) // checked by whoever read the key
{
    private readonly Pool<RSA> _pool = new(() => RSA.Create(key));

    private protected override bool VerifyCore(SignatureAlgorithm algorithm, byte[] signed, byte[] signature) =>
        signature.Length == key.Modulus!.Length // RFC 8017, 8.1.2 and 8.2.2: as long as the modulus, which was checked above
        && _pool.Use(rsa => rsa.VerifyData(
            signed, signature, algorithm.Hash, algorithm.Family == SignatureFamily.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1));
}

/// <summary>A public key on the curve of its one algorithm (RFC 7518, 3.4).</summary>
internal sealed class EcKey(string? id, SignatureAlgorithm algorithm, ECParameters key) : VerificationKey(id, [algorithm], [.. key.Q.X!, .. key.Q.Y!]) // checked by whoever read the key
{
    private readonly Pool<ECDsa> _pool = new(() => ECDsa.Create(key));

    // r and s, each as long as the curve's field and never shorter: a DER signature or a trimmed one is none.
    private protected override bool VerifyCore(SignatureAlgorithm algorithm, byte[] signed, byte[] signature) =>
        signature.Length == 2 * key.Q.X!.Length // as above
        && _pool.Use(ecdsa => ecdsa.VerifyData(signed, signature, algorithm.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
}
