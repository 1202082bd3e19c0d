namespace Tidings;

/// <summary>A URL record of the WHATWG URL standard (section 4.1), each part serialized; made by <see cref="UrlParser"/>.</summary>
internal sealed record Url
{
    public required string Scheme { get; init; }

    public string Username { get; init; } = "";

    public string Password { get; init; } = "";

    /// <summary>Null if the URL has none.</summary>
    public string? Host { get; init; }

    /// <summary>Null if the URL has none or its scheme's default.</summary>
    public int? Port { get; init; }

    public string Path { get; init; } = "";

    /// <summary>Whether the path is one text without segments, as in <c>mailto:</c> and <c>urn:</c>.</summary>
    public bool HasOpaquePath { get; init; }

    public string? Query { get; init; }

    public string? Fragment { get; init; }

    public bool IsSpecial => IsSpecialScheme(Scheme);

    public static bool IsSpecialScheme(ReadOnlySpan<char> scheme) => scheme is "http" or "https" or "ws" or "wss" or "ftp" or "file";

    public static int? DefaultPort(ReadOnlySpan<char> scheme) => scheme switch
    {
        "http" or "ws" => 80,
        "https" or "wss" => 443,
        "ftp" => 21,
        _ => null,
    };
}
