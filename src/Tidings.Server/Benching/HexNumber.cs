using System.Buffers.Binary;

namespace Tidings.Server;

/// <summary>Numbers of a fixed width in hexadecimal: written and read once for each event on each stream, without a culture, a string or a choice of format.</summary>
internal static class HexNumber
{
    public static void Write(Span<byte> target, ulong value)
    {
        for (int i = target.Length - 1; i >= 0; i--)
        {
            target[i] = "0123456789abcdef"u8[(int)(value & 0xF)];
            value >>= 4;
        }
    }

    /// <summary>The number that the digits make; what is no digit counts as some digit.</summary>
    public static ulong Read(ReadOnlySpan<byte> digits)
    {
        ulong value = 0;
        while (digits.Length >= sizeof(ulong))
        {
            value = (value << 32) | ReadEight(BinaryPrimitives.ReadUInt64BigEndian(digits));
            digits = digits[sizeof(ulong)..];
        }

        foreach (byte digit in digits)
        {
            value = (value << 4) | DigitOf(digit);
        }

        return value;
    }

    /// <summary>The value of '0' to '9', 'a' to 'f' and 'A' to 'F'. In ASCII letters have a bit that digits lack, and their low bits count from 1.</summary>
    public static uint DigitOf(byte digit) => (uint)((digit & 0xF) + (9 * (digit >> 6))) & 0xF;

    // The same for eight digits at once, each in a byte of its own; then bytes, pairs and halves are moved together.
    private static ulong ReadEight(ulong digits)
    {
        ulong values = ((digits & 0x0F0F0F0F0F0F0F0F) + (9 * ((digits >> 6) & 0x0303030303030303))) & 0x0F0F0F0F0F0F0F0F;
        values = (values | (values >> 4)) & 0x00FF00FF00FF00FF;
        values = (values | (values >> 8)) & 0x0000FFFF0000FFFF;
        return (values | (values >> 16)) & 0xFFFFFFFF;
    }
}
