namespace Tidings;

/// <summary>Reads the keys that a setting names, except for those that are fetched.</summary>
internal static class KeyReader
{
    /// <summary>Says what is wrong with the choice of places, or null if there is exactly one.</summary>
    public static string? ChoiceComplaint(TokenKeyOptions options)
    {
        string[] given = [.. Places(options).Where(place => place.Value is not null).Select(place => place.Name)];
        return given.Length switch
        {
            0 => "names no key: set Key, KeyFile, Jwks, JwksFile or JwksUrl.",
            1 => null,
            _ => $"names keys in {string.Join(" and in ", given)}; one of them must go.",
        };
    }

    /// <exception cref="KeyException">There is no key that can be used.</exception>
    public static IReadOnlyList<VerificationKey> Read(TokenKeyOptions options, SecretRule rule)
    {
        IReadOnlyList<SignatureAlgorithm> asked = AlgorithmList.Parse(options.Algorithms);
        return options switch
        {
            { Key: { } text } => [ReadText(text, asked, rule)],
            { KeyFile: { } path } => [ReadText(KeyFile.Read(path, static text => !PemReader.IsPem(text) || PemReader.IsPrivate(text), rule), asked, rule)],
            { Jwks: { } json } => JwkReader.Read(json, asked, JwkOrigin.Settings, rule),
            { JwksFile: { } path } => JwkReader.Read(KeyFile.Read(path, JwkReader.IsPrivate, rule), asked, JwkOrigin.Settings, rule),
            _ => [],
        };
    }

    /// <summary>Reads a secret or PEM.</summary>
    /// <exception cref="KeyException">It cannot be used.</exception>
    public static VerificationKey ReadText(string text, IReadOnlyList<SignatureAlgorithm> asked, SecretRule rule) =>
        PemReader.IsPem(text) ? PemReader.Read(text, asked) : SecretKeys.Make(id: null, System.Text.Encoding.UTF8.GetBytes(text), asked, rule);

    private static (string Name, object? Value)[] Places(TokenKeyOptions options) =>
    [
        (nameof(options.Key), options.Key),
        (nameof(options.KeyFile), options.KeyFile),
        (nameof(options.Jwks), options.Jwks),
        (nameof(options.JwksFile), options.JwksFile),
        (nameof(options.JwksUrl), options.JwksUrl),
    ];
}
