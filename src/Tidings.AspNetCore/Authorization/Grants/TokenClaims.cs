namespace Tidings;

/// <summary>The claims of a user whose token was verified here; those of JSON Web Tokens, and two of our own that can only take rights away.</summary>
internal static class TokenClaims
{
    public const string Issuer = "iss";
    public const string Subject = "sub";
    public const string ClientId = "client_id";
    public const string TokenId = "jti";

    /// <summary>When the token ends: seconds since 1970, rounded down.</summary>
    public const string Expires = "exp";

    /// <summary>What the key that signed the token may grant, when publishers and subscribers have keys of their own: <c>publish</c> or <c>subscribe</c>. Missing: both.</summary>
    public const string Actions = "tidings_actions";

    /// <summary>Which trust in a key the user's rights rest on; see <see cref="TokenWatch"/>.</summary>
    public const string Trust = "tidings_trust";
}
