using System.Buffers;

namespace Tidings;

/// <summary>The components of a URL as patterns see them (URL Pattern standard, "match"): serialized, empty where there is none.</summary>
internal readonly ref struct UrlParts
{
    /// <summary>How many characters of scratch space <see cref="TryRead"/> can make use of; less is as right, and slower.</summary>
    public const int ScratchLength = 512;

    // What stands in a path as it is, without being a question mark or the like. A dot is looked at where it stands.
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=@/");

    private static readonly SearchValues<char> PlainHost = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    private UrlParts(Url url)
    {
        Scheme = url.Scheme;
        Username = url.Username;
        Password = url.Password;
        Host = url.Host;
        Port = url.Port is { } port ? port.ToString(System.Globalization.CultureInfo.InvariantCulture) : "";
        Path = url.Path;
        Query = url.Query;
        Fragment = url.Fragment;
    }

    public ReadOnlySpan<char> Scheme { get; private init; }

    public ReadOnlySpan<char> Username { get; }

    public ReadOnlySpan<char> Password { get; }

    public ReadOnlySpan<char> Host { get; private init; }

    public ReadOnlySpan<char> Port { get; private init; }

    public ReadOnlySpan<char> Path { get; private init; }

    public ReadOnlySpan<char> Query { get; }

    public ReadOnlySpan<char> Fragment { get; }

    public static UrlParts Of(Url url) => new(url);

    /// <summary>Reads a topic as a URL, against <paramref name="baseUrl"/>. Topics that stand there as the URL parser would leave them cost no allocation.</summary>
    /// <returns>False if the topic is no URL reference.</returns>
    public static bool TryRead(string topic, Url baseUrl, Span<char> scratch, out UrlParts parts)
    {
        if (TryReadPlain(topic, out parts) || TryReadRelative(topic, baseUrl, scratch, out parts))
        {
            return true;
        }

        Url? url = UrlParser.Parse(topic, baseUrl);
        parts = url is null ? default : new UrlParts(url);
        return url is not null;
    }

    private static bool TryReadPlain(string topic, out UrlParts parts)
    {
        parts = default;
        int schemeLength = topic.StartsWith("https://", StringComparison.Ordinal) ? 5 : topic.StartsWith("http://", StringComparison.Ordinal) ? 4 : 0;
        if (schemeLength == 0)
        {
            return false;
        }

        ReadOnlySpan<char> rest = topic.AsSpan(schemeLength + 3);
        int hostLength = rest.IndexOf('/');
        if (hostLength <= 0 || !IsPlainHost(rest[..hostLength]) || !IsPlainPath(rest[hostLength..]))
        {
            return false;
        }

        parts = new UrlParts { Scheme = topic.AsSpan(0, schemeLength), Host = rest[..hostLength], Path = rest[hostLength..] };
        return true;
    }

    private static bool TryReadRelative(string topic, Url baseUrl, Span<char> scratch, out UrlParts parts)
    {
        parts = default;
        bool isPlain = topic.Length > 0 && topic[0] != '.' && !topic.StartsWith("//", StringComparison.Ordinal) && IsPlainPath(topic);
        if (!isPlain || !baseUrl.IsSpecial || baseUrl.Scheme == "file" || baseUrl.Port is not null || baseUrl.Username.Length + baseUrl.Password.Length > 0)
        {
            return false;
        }

        ReadOnlySpan<char> path = topic;
        if (topic[0] != '/')
        {
            ReadOnlySpan<char> directory = baseUrl.Path.AsSpan(0, baseUrl.Path.LastIndexOf('/') + 1);
            int length = directory.Length + topic.Length;
            if (length > scratch.Length)
            {
                return false;
            }

            directory.CopyTo(scratch);
            topic.CopyTo(scratch[directory.Length..]);
            path = scratch[..length];
        }

        parts = new UrlParts { Scheme = baseUrl.Scheme, Host = baseUrl.Host, Path = path };
        return true;
    }

    // A last label that begins with a letter can be no part of an IPv4 address.
    private static bool IsPlainHost(ReadOnlySpan<char> host) =>
        !host.ContainsAnyExcept(PlainHost) && !host.Contains("xn--", StringComparison.Ordinal) && char.IsAsciiLetterLower(host[(host.LastIndexOf('.') + 1)..] is [var first, ..] ? first : '.');

    private static bool IsPlainPath(ReadOnlySpan<char> path) => !path.ContainsAnyExcept(Plain) && !path.Contains("/.", StringComparison.Ordinal);
}
