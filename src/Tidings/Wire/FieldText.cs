using System.Globalization;
using System.Text;

namespace Tidings;

/// <summary>
/// The one rule for text that stands on a single line of the stream or in a header: topics, types and ids.
/// CR and LF would end the line, NUL makes clients ignore an id (WHATWG HTML 9.2.6), and the Mercure protocol
/// forbids the other control characters and the invisible format characters (Unicode Cf).
/// </summary>
internal static class FieldText
{
    public const int MaxBytes = 255;

    /// <summary>Says what is wrong with <paramref name="text"/>, as the end of a sentence, or null if nothing is.</summary>
    public static string? Complaint(string text, int maxBytes = MaxBytes)
    {
        if (text.Length == 0)
        {
            return "cannot be empty.";
        }

        int bytes = 0;
        ReadOnlySpan<char> rest = text;
        while (rest.Length > 0)
        {
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int consumed) != System.Buffers.OperationStatus.Done)
            {
                return "cannot hold half a surrogate pair: it has no UTF-8 form.";
            }

            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format)
            {
                return $"cannot hold the control or format character U+{rune.Value:X4}.";
            }

            bytes += rune.Utf8SequenceLength;
            rest = rest[consumed..];
        }

        return bytes > maxBytes ? $"cannot be longer than {maxBytes} bytes of UTF-8; this one has {bytes}." : null;
    }
}
