namespace Tidings.Client.Connecting;

/// <summary>Origins as the URL and HTML standards know them: scheme, host and port.</summary>
internal static class UrlOrigin
{
    /// <summary>The serialization of HTML 7.1.1: the port only when it is not the scheme's own, and no user name.</summary>
    public static string Of(Uri url)
    {
        string host = url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost;
        return url.IsDefaultPort ? $"{url.Scheme}://{host}" : $"{url.Scheme}://{host}:{url.Port}";
    }

    public static bool AreSame(Uri one, Uri other) => string.Equals(Of(one), Of(other), StringComparison.OrdinalIgnoreCase);

    public static bool IsHttp(Uri url) => url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps;
}
