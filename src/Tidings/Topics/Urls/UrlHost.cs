using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidings;

/// <summary>Hosts of the WHATWG URL standard (section 3): parsed and serialized in one step. Null stands for the standard's "failure".</summary>
internal static class UrlHost
{
    private static readonly SearchValues<char> Forbidden = SearchValues.Create("\0\t\n\r #/:<>?@[\\]^|");
    private static readonly SearchValues<char> ForbiddenInDomain =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(code => (char)code), .. " #/:<>?@[\\]^|%\u007F"]);

    private static readonly SearchValues<char> InIpv6 = SearchValues.Create("0123456789abcdefABCDEF:.");
    private static readonly IdnMapping Idn = new() { AllowUnassigned = true, UseStd3AsciiRules = false };

    /// <summary>Parses the host of a special scheme, or of another, where it is opaque.</summary>
    public static string? Parse(ReadOnlySpan<char> text, bool isSpecial)
    {
        if (text.StartsWith('['))
        {
            return text.EndsWith(']') ? ParseIpv6(text[1..^1]) : null;
        }

        if (!isSpecial)
        {
            return text.ContainsAny(Forbidden) ? null : PercentEncoding.Encode(text, PercentEncoding.C0Control);
        }

        string? domain = ToAscii(PercentEncoding.Decode(text));
        if (string.IsNullOrEmpty(domain) || domain.AsSpan().ContainsAny(ForbiddenInDomain))
        {
            return null;
        }

        return EndsInNumber(domain) ? ParseIpv4(domain) : domain;
    }

    // The standard asks for UTS #46; this is IDNA as far as the platform has it, label by label, with the mappings that are met in practice.
    private static string? ToAscii(string domain)
    {
        if (Ascii.IsValid(domain) && !domain.Contains("xn--", StringComparison.OrdinalIgnoreCase))
        {
            return domain.ToLowerInvariant();
        }

        string[]? labels = Mapped(domain)?.Split('.');
        for (int i = 0; i < labels?.Length; i++)
        {
            try
            {
                bool isEncoded = labels[i].StartsWith("xn--", StringComparison.Ordinal) && labels[i].Length > "xn--".Length;
                labels[i] = !Ascii.IsValid(labels[i]) ? Idn.GetAscii(labels[i]) : labels[i];
                if (isEncoded && Ascii.IsValid(Idn.GetUnicode(labels[i])))
                {
                    return null;
                }
            }
            catch (ArgumentException)
            {
                // Too long, badly encoded, or what the platform does not allow in a name.
                return null;
            }
        }

        return labels is null ? null : string.Join('.', labels);
    }

    // Without culture data the platform's own normalization maps nothing: what matters for names that people write is done here.
    private static string? Mapped(string domain)
    {
        var result = new StringBuilder(domain.Length);
        foreach (Rune rune in domain.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case 0xAD or 0x200B or 0x2060 or 0xFEFF:
                    break; // Invisible, and so left out.
                case 0x3002 or 0xFF61:
                    result.Append('.');
                    break;
                case >= 0xFF01 and <= 0xFF5E: // Full-width forms of ASCII.
                    result.Append(char.ToLowerInvariant((char)(rune.Value - 0xFF01 + '!')));
                    break;
                case 0xFFFD or (>= 0xFDD0 and <= 0xFDEF):
                case var code when (code & 0xFFFE) == 0xFFFE:
                    return null; // No text.
                default:
                    result.Append(Rune.IsWhiteSpace(rune) ? " " : Rune.ToLowerInvariant(rune).ToString());
                    break;
            }
        }

        return result.ToString();
    }

    private static bool EndsInNumber(string domain)
    {
        ReadOnlySpan<char> rest = domain.EndsWith('.') ? domain.AsSpan(0, domain.Length - 1) : domain;
        ReadOnlySpan<char> last = rest[(rest.LastIndexOf('.') + 1)..];
        return !last.IsEmpty && (!last.ContainsAnyExceptInRange('0', '9') || Ipv4Number(last) is not null);
    }

    private static string? ParseIpv4(string domain)
    {
        string[] parts = (domain.EndsWith('.') ? domain[..^1] : domain).Split('.');
        if (parts.Length > 4)
        {
            return null;
        }

        ulong address = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            bool isLast = i == parts.Length - 1;
            ulong limit = isLast ? 1UL << (8 * (5 - parts.Length)) : 256;
            if (Ipv4Number(parts[i]) is not { } number || number >= limit)
            {
                return null;
            }

            address += isLast ? number : number << (8 * (3 - i));
        }

        return string.Create(CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 0xFF}.{(address >> 8) & 0xFF}.{address & 0xFF}");
    }

    /// <summary>A number in decimal, octal (0…) or hexadecimal (0x…) digits; what is too large for any address is the largest number.</summary>
    private static ulong? Ipv4Number(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return null;
        }

        uint radix = 10;
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            radix = 16;
            text = text[2..];
        }
        else if (text.Length > 1 && text[0] == '0')
        {
            radix = 8;
            text = text[1..];
        }

        ulong number = 0;
        foreach (char digit in text)
        {
            if (!char.IsAsciiHexDigit(digit) || PercentEncoding.HexValue(digit) >= radix)
            {
                return null;
            }

            number = Math.Min((number * radix) + (ulong)PercentEncoding.HexValue(digit), uint.MaxValue + 1UL);
        }

        return number;
    }

    private static string? ParseIpv6(ReadOnlySpan<char> text)
    {
        // The framework's parser takes more than the standard: zones, and short or padded forms of an IPv4 address at the end.
        int dots = text.Count('.');
        if (text.ContainsAnyExcept(InIpv6) || (dots != 0 && !IsDottedTail(text[(text.LastIndexOf(':') + 1)..]))
            || !IPAddress.TryParse(text, out IPAddress? address) || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        Span<ushort> pieces = stackalloc ushort[8];
        for (int i = 0; i < pieces.Length; i++)
        {
            pieces[i] = (ushort)((bytes[2 * i] << 8) | bytes[(2 * i) + 1]);
        }

        return Serialize(pieces);
    }

    private static bool IsDottedTail(ReadOnlySpan<char> text)
    {
        int parts = 0;
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> part = text[range];
            if (part.IsEmpty || part.Length > 3 || part.ContainsAnyExceptInRange('0', '9') || (part.Length > 1 && part[0] == '0'))
            {
                return false;
            }

            parts++;
        }

        return parts == 4;
    }

    private static string Serialize(ReadOnlySpan<ushort> pieces)
    {
        (int compressAt, int compressed) = (-1, 1);
        for (int i = 0; i < pieces.Length; i++)
        {
            int end = i;
            while (end < pieces.Length && pieces[end] == 0)
            {
                end++;
            }

            if (end - i > compressed)
            {
                (compressAt, compressed) = (i, end - i);
            }

            i = end > i ? end - 1 : i;
        }

        var result = new StringBuilder("[", 41);
        for (int i = 0; i < pieces.Length; i++)
        {
            if (i == compressAt)
            {
                result.Append(i == 0 ? "::" : ":");
                i += compressed - 1;
                continue;
            }

            result.Append(CultureInfo.InvariantCulture, $"{pieces[i]:x}");
            if (i < pieces.Length - 1)
            {
                result.Append(':');
            }
        }

        return result.Append(']').ToString();
    }
}
