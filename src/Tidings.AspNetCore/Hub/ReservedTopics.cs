using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// Topics that address the hub itself or something below it are the hub's own: whoever published there could forge its events (Mercure protocol,
/// section "Publication"). The topic is resolved as a URL against the hub, so that no spelling of the path gets through, whatever scheme or host it names.
/// </summary>
internal static class ReservedTopics
{
    // Nothing that an URL parser decodes, drops or takes for the end of a path.
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:@!$&'()*+,;=");

    /// <param name="topic">The topic.</param>
    /// <param name="request">The request with which it came.</param>
    /// <param name="publicUrl">The hub's URL as clients know it, which a proxy may have mapped to another path; null if it is not configured.</param>
    public static bool IsReserved(Topic topic, HttpRequest request, Uri? publicUrl)
    {
        // As the request spells it, and as the hub was mapped: routing does not look at the case of letters, topics do.
        string asked = request.PathBase + request.Path;
        string mapped = SubscriptionAddress.HubPathOf(request.HttpContext) ?? asked;
        string mappedBelowBase = request.PathBase + mapped;
        bool isElsewhere = IsElsewhere(topic, asked)
            && (mapped == asked || IsElsewhere(topic, mapped))
            && (mappedBelowBase == mapped || IsElsewhere(topic, mappedBelowBase))
            && (publicUrl is null || IsElsewhere(topic, publicUrl.AbsolutePath));
        return !isElsewhere && IsReserved(topic, asked, mapped, mappedBelowBase, publicUrl);
    }

    /// <summary>
    /// Whether a topic can be told at a glance to lie elsewhere, as nearly all do: however it is resolved, the last segment of the hub's path must come from the topic, unless the topic has no path.
    /// </summary>
    internal static bool IsElsewhere(Topic topic, string hubPath)
    {
        ReadOnlySpan<char> last = hubPath is "" or "/" ? SubscriptionAddress.Segment.AsSpan(1) : hubPath.AsSpan(hubPath.LastIndexOf('/') + 1);
        ReadOnlySpan<char> text = topic.Value;
        return last.Length > 0 && !last.ContainsAnyExcept(Plain)
            && !text.ContainsAnyExcept(Plain) && text[^1] != ':'
            && !text.Contains(last, StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsReserved(Topic topic, string asked, string mapped, string mappedBelowBase, Uri? publicUrl) =>
        IsReserved(topic, asked)
        || (mapped != asked && IsReserved(topic, mapped))
        || (mappedBelowBase != mapped && mappedBelowBase != asked && IsReserved(topic, mappedBelowBase))
        || (publicUrl is not null && IsWithin(topic, BaseUrls.Of(publicUrl.AbsolutePath == "/" ? new Uri(publicUrl, SubscriptionAddress.Segment) : publicUrl)));

    /// <summary>Whether a topic, resolved as a URL, lies within the hub at <paramref name="hubPath"/>.</summary>
    internal static bool IsReserved(Topic topic, string hubPath)
    {
        // Below a hub at the root lies everything: there only what the hub itself publishes is its own.
        string path = hubPath is "" or "/" ? SubscriptionAddress.Segment : new PathString(hubPath).ToUriComponent();
        return IsWithin(topic, Hub("https", path)) || IsWithin(topic, Hub("http", path));
    }

    // With either scheme: "http:/x" is a path beside a hub of http, and a host beside one of https.
    private static Url Hub(string scheme, string path) => UrlParser.Parse(path, BaseUrls.Default with { Scheme = scheme }) ?? BaseUrls.Default;

    private static bool IsWithin(Topic topic, Url hub)
    {
        if (UrlParser.Parse(topic.Value, hub) is not { } url)
        {
            return false;
        }

        // Routing does not care for case, so the hub may have been reached under any spelling of its path: each of them is its own.
        ReadOnlySpan<char> reserved = Comparable(hub.Path).AsSpan().TrimEnd('/');
        ReadOnlySpan<char> path = Comparable(url.Path);
        return path.StartsWith(reserved, StringComparison.OrdinalIgnoreCase) && (path.Length == reserved.Length || path[reserved.Length] == '/');
    }

    // Once more through the parser, as a path under a host: other schemes keep backslashes, opaque paths keep dots, and either may have been hidden by an encoding.
    private static string Comparable(string path) => UrlTail.Path(PercentEncoding.DecodeUnreserved(path), "", isSpecial: true, isFile: false);
}
