namespace Tidings;

/// <summary>What relative patterns and topics are resolved against.</summary>
internal static class BaseUrls
{
    /// <summary>Stands for the hub where nobody has said what its URL is: no real host can have this name (RFC 2606).</summary>
    public static readonly Url Default = UrlParser.Parse("https://hub.invalid/")!; // a URL

    /// <exception cref="ArgumentException">The URL is relative, or is none for the WHATWG URL standard.</exception>
    public static Url Of(Uri? url) =>
        url is null ? Default
        : url.IsAbsoluteUri && UrlParser.Parse(url.OriginalString) is { } parsed ? parsed
        : throw new ArgumentException($"The base is \"{url}\"; it must be an absolute URL.", nameof(url));
}
