namespace Tidings;

/// <summary>Whether secrets that anybody could guess are allowed: in dev mode only.</summary>
internal enum SecretRule
{
    Strong,
    Any,
}

/// <summary>Makes keys of shared secrets.</summary>
internal static class SecretKeys
{
    /// <exception cref="KeyException">The secret can be guessed, is too short, or is not for the algorithms.</exception>
    public static VerificationKey Make(string? id, byte[] secret, IReadOnlyList<SignatureAlgorithm> asked, SecretRule rule)
    {
        IReadOnlyList<SignatureAlgorithm> algorithms = AlgorithmList.Fit(asked, "HS256", "a shared secret", static algorithm => algorithm.Family == SignatureFamily.Hmac);
        if (secret.Length == 0)
        {
            throw new KeyException("is empty.");
        }

        return rule == SecretRule.Strong && SecretStrength.Complaint(secret, algorithms) is { } complaint
            ? throw new KeyException(complaint)
            : new HmacKey(id, algorithms, secret);
    }
}
