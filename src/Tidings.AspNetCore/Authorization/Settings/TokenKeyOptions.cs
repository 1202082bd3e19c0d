namespace Tidings;

/// <summary>
/// Where the keys come from that tokens are verified with: exactly one of <see cref="Key"/>, <see cref="KeyFile"/>, <see cref="Jwks"/>, <see cref="JwksFile"/> and
/// <see cref="JwksUrl"/>. Checked when the app starts.
/// </summary>
public sealed class TokenKeyOptions
{
    /// <summary>
    /// The algorithms that tokens may be signed with (RFC 7518, 3.1): HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512. Default: the one that is
    /// usual for the key (HS256 for a secret, RS256 for RSA, that of its curve for EC), or what a JSON Web Key says of itself. EdDSA is not supported.
    /// </summary>
    public IList<string> Algorithms { get; } = [];

    /// <summary>A shared secret, as its bytes in UTF-8, or a key or certificate in PEM; of a private key only the public part is used.</summary>
    public string? Key { get; set; }

    /// <summary>A file with what <see cref="Key"/> would hold; one line end at its end does not count. A file with a secret must not be readable by everybody.</summary>
    public string? KeyFile { get; set; }

    /// <summary>A JSON Web Key, or a set of at most 32 (RFC 7517).</summary>
    public string? Jwks { get; set; }

    /// <summary>A file with what <see cref="Jwks"/> would hold; one with secrets must not be readable by everybody.</summary>
    public string? JwksFile { get; set; }

    /// <summary>
    /// Where the issuer publishes its JSON Web Key Set; an <c>https</c> URL, except in dev mode. Read at the start and every <see cref="HubAuthorizationOptions.JwksRefreshInterval"/>;
    /// while it cannot be read, the last good keys stay. At most 256 KiB within 5 s, without redirects; shared secrets in it are ignored.
    /// </summary>
    public Uri? JwksUrl { get; set; }
}
