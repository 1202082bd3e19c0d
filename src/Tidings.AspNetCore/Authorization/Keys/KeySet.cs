namespace Tidings;

/// <summary>The keys of one issuer for one purpose, at one moment. Immutable.</summary>
internal sealed class KeySet(IReadOnlyList<VerificationKey> keys)
{
    /// <summary>The most keys of a set: each may cost a signature check per token.</summary>
    public const int MaxKeys = 32;

    public static KeySet Empty { get; } = new([]);

    public IReadOnlyList<VerificationKey> Keys => keys;

    /// <summary>Whether a key has the <c>kid</c> that the token names. A token that names none knows every key.</summary>
    public bool Knows(CompactJws jws) => jws.KeyId is null || keys.Any(key => key.Id == jws.KeyId);

    /// <summary>The key that signed the token; null if none did. The <c>kid</c> only says which keys are tried: that one, or those that have no name.</summary>
    public VerificationKey? SignerOf(CompactJws jws)
    {
        bool isNamed = jws.KeyId is not null && Knows(jws);
        foreach (VerificationKey key in keys)
        {
            bool isCandidate = jws.KeyId is null || (isNamed ? key.Id == jws.KeyId : key.Id is null);
            if (isCandidate && key.Verify(jws.Algorithm, jws.Signed, jws.Signature))
            {
                return key;
            }
        }

        return null;
    }
}
