using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// Topics that address the hub itself or something below it are the hub's own: whoever published there could forge its events (Mercure protocol,
/// section "Publication"). The topic is resolved as a URL against the hub, so that no spelling of the path gets through, whatever scheme or host it names.
/// </summary>
internal static class ReservedTopics
{
    // Any host will do: only the path is compared.
    private static readonly Uri Base = new("http://hub.invalid/");

    public static bool IsReserved(Topic topic, PathString hubPath)
    {
        var hub = new Uri(Base, hubPath.ToUriComponent());
        if (!Uri.TryCreate(hub, topic.Value.Trim(' '), out Uri? resolved))
        {
            return false;
        }

        // System.Uri removes dot segments and decodes unreserved characters where it knows the scheme; other schemes are brought to one that it knows.
        string path = resolved.AbsolutePath;
        if (resolved.Scheme is not ("http" or "https") && Uri.TryCreate(Base, path.StartsWith('/') ? path : "/" + path, out Uri? known))
        {
            path = known.AbsolutePath;
        }

        string reserved = hub.AbsolutePath.TrimEnd('/');
        return path.StartsWith(reserved, StringComparison.Ordinal) && (path.Length == reserved.Length || path[reserved.Length] == '/');
    }
}
