namespace Tidings;

/// <summary>
/// Somebody whose access tokens of protocol 1.0 the hub trusts (RFC 9068). Either <see cref="Keys"/> verify all of its tokens, or <see cref="Publisher"/> and
/// <see cref="Subscriber"/> those that publish and those that subscribe.
/// </summary>
public sealed class IssuerOptions
{
    /// <summary>What the tokens have as <c>iss</c>, compared character by character. Required.</summary>
    public string? Identifier { get; set; }

    /// <summary>What the tokens must have among their <c>aud</c>. Default: <see cref="TidingsOptions.PublicUrl"/>; one of the two is required.</summary>
    public string? Audience { get; set; }

    /// <summary>The authorization servers that give out the tokens, told to clients in the hub's metadata (RFC 9728). Default: none.</summary>
    public IList<Uri> AuthorizationServers { get; } = [];

    /// <summary>The keys of all tokens of this issuer.</summary>
    public TokenKeyOptions? Keys { get; set; }

    /// <summary>The keys of tokens that may publish; such a token does not subscribe.</summary>
    public TokenKeyOptions? Publisher { get; set; }

    /// <summary>The keys of tokens that may receive private events; such a token does not publish.</summary>
    public TokenKeyOptions? Subscriber { get; set; }
}
