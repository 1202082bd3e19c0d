using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Tidings;

/// <summary>
/// Finds the token of a request: in the header, else in the query (0.x only, and only if that is switched on), else in a cookie. A header that holds anything else is somebody else's
/// business, and the cookie stays out of it.
/// </summary>
internal readonly record struct TokenInRequest(string? Token, TokenPlace Place, TokenRefusal? Refusal)
{
    private const string Scheme = "Bearer";
    private const string QueryParameter = "authorization";

    public static TokenInRequest Find(HttpRequest request, HubAuthorizationOptions options)
    {
        StringValues header = request.Headers.Authorization;
        StringValues query = default;
        bool isInQuery = UrlEncoded.MayHave(request.QueryString.Value, QueryParameter) && request.Query.TryGetValue(QueryParameter, out query);
        if (isInQuery && (header.Count > 0 || query.Count > 1 || !options.Legacy.AllowQueryToken))
        {
            // RFC 6750, section 2: one method per request. And a token in the query is told loudly that it does not count, rather than treated as nobody's.
            return new TokenInRequest(null, TokenPlace.Query, TokenRefusal.Malformed);
        }

        if (header.Count > 0)
        {
            return InHeader(header);
        }

        if (isInQuery)
        {
            return query is [{ Length: > 0 } text]
                ? new TokenInRequest(text, TokenPlace.Query, null)
                : new TokenInRequest(null, TokenPlace.Query, TokenRefusal.Malformed);
        }

        string? cookie = null;
        bool isInCookie = request.Headers.Cookie.Count > 0
            && (request.Cookies.TryGetValue(options.CookieName, out cookie) || request.Cookies.TryGetValue(options.Legacy.CookieName, out cookie));
        return isInCookie
            ? new TokenInRequest(cookie, TokenPlace.Cookie, CookieRefusal(request, options))
            : default;
    }

    /// <summary>
    /// Whether a page made the request that may not use the hub. Asked for the users whom an app knows by means of its own: a browser sends along what most of them rest on, whoever asks it to.
    /// Programs name no page, and a bearer token is sent by nobody but who has it.
    /// </summary>
    public static bool IsOfForeignPage(HttpRequest request, HubAuthorizationOptions options) =>
        !request.Headers.Authorization.ToString().StartsWith($"{Scheme} ", StringComparison.OrdinalIgnoreCase)
        && (request.Headers.Origin.Count > 0
            ? request.Headers.Origin is not [{ } origin] || !IsAllowed(origin, request, options, IsReading(request) ? options.CorsOrigins : options.PublishOrigins)
            : IsCrossSite(request));

    private static TokenInRequest InHeader(StringValues header)
    {
        string text = header is [{ } single] ? single.Trim() : "";
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        string scheme = space < 0 ? text : text[..space];
        if (header.Count == 1 && !scheme.Equals(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return default;
        }

        string token = space < 0 ? "" : text[space..].Trim(' ');
        return token.Length == 0 || token.AsSpan().ContainsAny(" ,\t")
            ? new TokenInRequest(null, TokenPlace.Header, TokenRefusal.Malformed)
            : new TokenInRequest(token, TokenPlace.Header, null);
    }

    // A browser sends the cookie along with whatever request any page makes. What changes something must come from a page that is known; what only reads must not come from
    // a page that is known to be foreign.
    private static TokenRefusal? CookieRefusal(HttpRequest request, HubAuthorizationOptions options)
    {
        if (!IsReading(request))
        {
            return OriginList.SourceOf(request) is { } source && IsAllowed(source, request, options, options.PublishOrigins) ? null : TokenRefusal.ForeignPage;
        }

        if (request.Headers.Origin.Count > 0)
        {
            return request.Headers.Origin is [{ } origin] && IsAllowed(origin, request, options, options.CorsOrigins) ? null : TokenRefusal.ForeignPage;
        }

        return IsCrossSite(request) ? TokenRefusal.ForeignPage : null;
    }

    private static bool IsReading(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || request.Method == "QUERY" || HttpMethods.IsOptions(request.Method);

    private static bool IsAllowed(string origin, HttpRequest request, HubAuthorizationOptions options, IEnumerable<string> allowed) =>
        OriginList.IsOwn(origin, request, options.PublicUrl) || new OriginList(allowed).Contains(origin);

    private static bool IsCrossSite(HttpRequest request) => request.Headers["Sec-Fetch-Site"].Any(site => site == "cross-site");
}
