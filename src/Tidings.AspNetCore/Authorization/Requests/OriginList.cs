using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>A list of origins, compared exactly: no wildcards, no endings, and never <c>null</c>, which any sandboxed page can claim to be.</summary>
internal sealed class OriginList(IEnumerable<string> origins)
{
    private readonly FrozenSet<string> _origins = origins.Select(origin => Normalize(origin) ?? origin).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether the list is <c>*</c> alone: pages of any origin, but none with a cookie. It equals no origin.</summary>
    public static bool IsAny(IReadOnlyList<string> origins) => origins is ["*"];

    /// <summary>An origin as browsers write it; null for text that is none.</summary>
    public static string? Normalize(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
        && url is { PathAndQuery: "/", UserInfo: "", Fragment: "" } && !text.EndsWith('/')
            ? OriginOf(url)
            : null;

    /// <summary>The origin that a URL belongs to.</summary>
    public static string OriginOf(Uri url) => $"{url.Scheme}://{url.IdnHost.ToLowerInvariant()}{(url.IsDefaultPort ? "" : $":{url.Port}")}";

    public bool Contains(string origin) => _origins.Contains(origin);

    /// <summary>Whether the request comes from a page of the hub's own origin: that of its public URL, or the one that the browser has sent the request to.</summary>
    public static bool IsOwn(string origin, HttpRequest request, Uri? publicUrl) =>
        (publicUrl is not null && origin == OriginOf(publicUrl))
        || string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);

    /// <summary>Where a request was made: its <c>Origin</c>, else the origin of its <c>Referer</c>; null if neither tells, or more than one is named.</summary>
    public static string? SourceOf(HttpRequest request)
    {
        if (request.Headers.Origin.Count > 0)
        {
            return request.Headers.Origin.Count == 1 ? request.Headers.Origin[0] : null;
        }

        return request.Headers[HeaderNames.Referer] is [{ } referer] && Uri.TryCreate(referer, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
            ? OriginOf(url)
            : null;
    }
}
