using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Tidings;

/// <summary>
/// A token taken apart, with nothing verified yet: RFC 7515, section 7.1, read strictly. Of the header only <c>alg</c>, <c>typ</c> and <c>kid</c> count;
/// key material in it (<c>jwk</c>, <c>jku</c>, <c>x5u</c>, <c>x5c</c>) is never looked at.
/// </summary>
internal sealed class CompactJws
{
    /// <summary>The longest token, in characters (which are ASCII): 16 KiB.</summary>
    public const int MaxChars = 16 * 1024;

    /// <summary>The longest <c>kid</c>, in UTF-8 bytes.</summary>
    public const int MaxKeyIdBytes = 128;

    private CompactJws(SignatureAlgorithm algorithm, JsonElement header, byte[] signed, byte[] payload, byte[] signature)
    {
        Algorithm = algorithm;
        Header = header;
        Signed = signed;
        Payload = payload;
        Signature = signature;
        KeyId = TextOf(header, "kid");
        Type = TextOf(header, "typ");
    }

    public SignatureAlgorithm Algorithm { get; }

    public JsonElement Header { get; }

    /// <summary>A hint which key to try; nothing else.</summary>
    public string? KeyId { get; }

    public string? Type { get; }

    /// <summary>The bytes that the signature covers.</summary>
    public byte[] Signed { get; }

    public byte[] Payload { get; }

    public byte[] Signature { get; }

    /// <summary>Takes <paramref name="token"/> apart, or says what is wrong with it.</summary>
    public static bool TryParse(string token, [NotNullWhen(true)] out CompactJws? jws, out TokenDefect defect)
    {
        jws = null;
        if (token.Length > MaxChars)
        {
            defect = TokenDefect.TooLong;
            return false;
        }

        int first = token.IndexOf('.', StringComparison.Ordinal);
        int last = token.LastIndexOf('.');
        defect = TokenDefect.NotCompactJws;
        if (first < 1 || last == first
            || !Base64UrlText.TryDecode(token.AsSpan(0, first), out byte[] header)
            || !Base64UrlText.TryDecode(token.AsSpan(first + 1, last - first - 1), out byte[] payload) // a third full stop is not in the alphabet
            || !Base64UrlText.TryDecode(token.AsSpan(last + 1), out byte[] signature))
        {
            return false;
        }

        if (CheckHeader(header, out JsonElement root, out SignatureAlgorithm? algorithm) is { } bad)
        {
            defect = bad;
            return false;
        }

        jws = new CompactJws(algorithm!, root, Encoding.ASCII.GetBytes(token, 0, last), payload, signature); // no defect implies an algorithm
        return true;
    }

    private static TokenDefect? CheckHeader(byte[] utf8, out JsonElement header, out SignatureAlgorithm? algorithm)
    {
        algorithm = null;
        if (!StrictJson.TryParseObject(utf8, out header) || !IsTextOrMissing(header, "typ") || !IsTextOrMissing(header, "kid"))
        {
            return TokenDefect.BadHeader;
        }

        // RFC 7515, 4.1.11: what is critical and not understood makes the token invalid. RFC 7797's b64 would change what is signed.
        if (header.TryGetProperty("crit", out _) || header.TryGetProperty("b64", out _))
        {
            return TokenDefect.UnknownExtension;
        }

        // Compressed or encrypted content is nothing for a signed token.
        if (header.TryGetProperty("enc", out _) || header.TryGetProperty("zip", out _))
        {
            return TokenDefect.NotCompactJws;
        }

        if (TextOf(header, "kid") is { } kid && Encoding.UTF8.GetByteCount(kid) > MaxKeyIdBytes)
        {
            return TokenDefect.BadHeader;
        }

        return SignatureAlgorithm.TryGet(TextOf(header, "alg"), out algorithm) ? null : TokenDefect.UnknownAlgorithm;
    }

    private static bool IsTextOrMissing(JsonElement header, string name) =>
        !header.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.String;

    private static string? TextOf(JsonElement header, string name) =>
        header.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
