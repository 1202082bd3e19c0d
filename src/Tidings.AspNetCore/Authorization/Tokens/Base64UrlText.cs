using System.Buffers;
using System.Buffers.Text;

namespace Tidings;

/// <summary>
/// Base64url as RFC 7515 has it: no padding, no white space, and one text only for the same bytes. A lenient reader would let one signature be written in many ways.
/// </summary>
internal static class Base64UrlText
{
    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 4 == 1 || text.ContainsAnyExcept(Alphabet))
        {
            return false;
        }

        byte[] decoded = new byte[text.Length / 4 * 3 + 2];
        if (Base64Url.DecodeFromChars(text, decoded, out int consumed, out int written) != OperationStatus.Done || consumed != text.Length)
        {
            return false;
        }

        // The last character may carry bits that no byte holds; they must be zero.
        bytes = decoded[..written];
        return Base64Url.EncodeToString(bytes).AsSpan().SequenceEqual(text);
    }
}
