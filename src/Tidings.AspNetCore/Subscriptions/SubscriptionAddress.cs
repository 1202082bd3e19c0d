using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Tidings;

/// <summary>
/// The addresses below <c>{hub}/subscriptions</c>, which are the topics of the events as well: every variable is percent-encoded exactly once, as a whole. There is one
/// spelling of each: that of RFC 3986, which leaves letters, digits and <c>-._~</c> as they are.
/// </summary>
internal static class SubscriptionAddress
{
    /// <summary>What follows the hub's path.</summary>
    public const string Segment = "/subscriptions";

    // "uritemplate" is our name for the selectors of protocol 0.x, for which 1.0 has none.
    private static readonly string[] MatcherTypes = ["exact", "urlpattern", "uritemplate"];

    /// <summary>Whether <paramref name="type"/> names a kind of matcher: only then <c>{type}/{match}</c> is an address of protocol 1.0.</summary>
    public static bool IsMatcherType(string type) => MatcherTypes.Contains(type, StringComparer.Ordinal);

    /// <summary>The address of <paramref name="variables"/> below the subscriptions of a hub.</summary>
    public static string Of(string hubPath, params ReadOnlySpan<string> variables)
    {
        StringBuilder address = new StringBuilder(hubPath).Append(Segment);
        foreach (string variable in variables)
        {
            address.Append('/').Append(Uri.EscapeDataString(variable));
        }

        return address.ToString();
    }

    /// <summary>
    /// The path at which the hub of the request is mapped; null if it has parameters, or the request was not routed. Not as the request spells it: routing does not look at the case of letters, and the topics
    /// of events do.
    /// </summary>
    public static string? HubPathOf(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint { RoutePattern.RawText: { } pattern })
        {
            return null;
        }

        int end = pattern.IndexOf(Segment + "/{", StringComparison.Ordinal);
        string path = "/" + (end >= 0 ? pattern[..end] : pattern.EndsWith(Segment, StringComparison.Ordinal) ? pattern[..^Segment.Length] : pattern).Trim('/');
        return path.Contains('{', StringComparison.Ordinal) ? null : path;
    }

    /// <summary>
    /// Reads the last <paramref name="count"/> segments of the path, each decoded once; none if there are fewer. From the request line: the path that routing sees is decoded
    /// already, but for the slash.
    /// </summary>
    public static string[] Variables(HttpContext context, int count)
    {
        string target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        int query = target.IndexOf('?', StringComparison.Ordinal);
        string[] segments = (query < 0 ? target : target[..query]).Split('/');
        return segments.Length > count ? [.. segments[^count..].Select(Uri.UnescapeDataString)] : [];
    }
}
