namespace Tidings;

/// <summary>
/// Whose tokens the hub takes, and from where: bound from the configuration section <c>Tidings</c>, beside <see cref="TidingsOptions"/>, and checked when the app starts.
/// </summary>
public sealed class HubAuthorizationOptions
{
    /// <summary>Whether subscribers without a token see public events. Default (null): as long as no keys are set. In dev mode always.</summary>
    public bool? AllowAnonymous { get; set; }

    /// <summary>The issuers of tokens of protocol 1.0. Default: none.</summary>
    public IList<IssuerOptions> Issuers { get; } = [];

    /// <summary>The keys for tokens of protocol 0.x. Default: none, and then such tokens are refused.</summary>
    public LegacyTokenOptions Legacy { get; } = new();

    /// <summary>The origins, such as <c>https://example.com</c>, whose pages may publish with a cookie, beside the hub's own. Default: none.</summary>
    public IList<string> PublishOrigins { get; } = [];

    /// <summary>
    /// The origins whose pages may subscribe with a cookie from elsewhere, beside the hub's own; the stand-alone hub answers their requests with CORS, an app does with
    /// <c>WithTidingsHub</c>. Or <c>*</c> alone: pages of any origin, without credentials. Default: none.
    /// </summary>
    public IList<string> CorsOrigins { get; } = [];

    /// <summary>The cookie that may carry a token when no header does; asked before <see cref="LegacyTokenOptions.CookieName"/>. Default <c>__Secure-mercure_access_token</c>.</summary>
    public string CookieName { get; set; } = "__Secure-mercure_access_token";

    /// <summary>How often the keys at <see cref="TokenKeyOptions.JwksUrl"/> are read again. Default 10 min; 10 s to 24 h.</summary>
    public TimeSpan JwksRefreshInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long after one reading of the keys another one waits that a token with an unknown <c>kid</c> asks for. Default 1 min; 1 s to 1 h.
    /// </summary>
    public TimeSpan JwksMinimumInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Lets <see cref="TokenKeyOptions.JwksUrl"/> lead to private, loopback and link-local addresses, for an issuer within the same network. Default: off; in dev mode always on.
    /// </summary>
    public bool AllowPrivateJwksAddresses { get; set; }

    /// <summary>The hub's URL as its clients know it: <see cref="TidingsOptions.PublicUrl"/>.</summary>
    internal Uri? PublicUrl { get; set; }

    /// <summary>Whether somebody without a token may subscribe.</summary>
    internal bool AdmitsAnonymous => AllowAnonymous ?? !HasKeys;

    /// <summary>Whether any token can be good here.</summary>
    internal bool HasKeys => Issuers.Count > 0 || Legacy is not { Publisher: null, Subscriber: null };
}
