namespace Tidings;

/// <summary>
/// Tokens of protocol 0.x (the <c>mercure</c> claim), which are taken only if at least one of the keys is set. They are less strict by design: no issuer, no audience, and an end only if they name one.
/// </summary>
public sealed class LegacyTokenOptions
{
    /// <summary>The keys of tokens that may publish. Default: none, and then none may.</summary>
    public TokenKeyOptions? Publisher { get; set; }

    /// <summary>The keys of tokens that may receive private events; may be the same as those of <see cref="Publisher"/>. Default: none.</summary>
    public TokenKeyOptions? Subscriber { get; set; }

    /// <summary>The cookie that may carry a token when no header does. Default <c>mercureAuthorization</c>.</summary>
    public string CookieName { get; set; } = "mercureAuthorization";

    /// <summary>
    /// Takes tokens of protocol 0.x also from the query parameter <c>authorization</c>. Default: off, because URLs end up in the logs of servers and proxies and in the history of browsers. The
    /// log category <c>Microsoft.AspNetCore.Hosting</c> tells URLs at the level Information: keep it at Warning.
    /// </summary>
    public bool AllowQueryToken { get; set; }
}
