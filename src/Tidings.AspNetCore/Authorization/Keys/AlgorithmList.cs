namespace Tidings;

/// <summary>Which algorithms a key may be used with: those that the settings name, or else the one that is usual for its kind. Never more than the kind allows.</summary>
internal static class AlgorithmList
{
    /// <summary>Reads the names of the settings; an empty list leaves the choice to the kind of the key.</summary>
    /// <exception cref="KeyException">A name is unknown.</exception>
    public static IReadOnlyList<SignatureAlgorithm> Parse(IEnumerable<string> names)
    {
        var algorithms = new List<SignatureAlgorithm>();
        foreach (string name in names)
        {
            if (!SignatureAlgorithm.TryGet(name, out SignatureAlgorithm? algorithm))
            {
                throw new KeyException(name is "EdDSA" or "Ed25519"
                    ? $"asks for {name}, which the cryptography of this .NET does not have. Have tokens signed with ES256 or RS256."
                    : $"asks for the algorithm \"{name}\"; there are {SignatureAlgorithm.Names}.");
            }

            algorithms.Add(algorithm);
        }

        return algorithms;
    }

    /// <summary>Those of <paramref name="asked"/> that fit, or <paramref name="usual"/> if nothing was asked for.</summary>
    /// <exception cref="KeyException">Something was asked for that does not fit the key.</exception>
    public static IReadOnlyList<SignatureAlgorithm> Fit(
        IReadOnlyList<SignatureAlgorithm> asked, string usual, string kind, Func<SignatureAlgorithm, bool> fits)
    {
        if (asked.Count == 0)
        {
            return [SignatureAlgorithm.Of(usual)];
        }

        return asked.FirstOrDefault(algorithm => !fits(algorithm)) is { } wrong
            ? throw new KeyException($"is {kind}, which cannot be used with {wrong.Name}.")
            : asked;
    }
}
