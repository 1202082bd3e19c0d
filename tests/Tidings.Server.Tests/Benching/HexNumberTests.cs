using System.Globalization;
using System.Text;

namespace Tidings.Server.Tests.Benching;

public sealed class HexNumberTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("fedc", 0xFEDC)]
    [InlineData("89abcdef", 0x89ABCDEF)]
    [InlineData("DEADBEEF", 0xDEADBEEF)]
    [InlineData("0123456789abcdef", 0x0123456789ABCDEF)]
    [InlineData("ffffffffffffffff", ulong.MaxValue)]
    [InlineData("123456789aBcDeF0", 0x123456789ABCDEF0)]
    public void Digits_are_read_one_by_one_or_eight_at_once(string digits, ulong value) => Assert.Equal(value, HexNumber.Read(Encoding.ASCII.GetBytes(digits)));

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(16)]
    public void What_is_written_is_read(int digits)
    {
        var random = new Random(digits);
        byte[] bytes = new byte[digits];
        for (int i = 0; i < 1000; i++)
        {
            ulong value = (ulong)random.NextInt64() >> (64 - (4 * digits));
            HexNumber.Write(bytes, value);

            Assert.Equal(value.ToString($"x{digits}", CultureInfo.InvariantCulture), Encoding.ASCII.GetString(bytes));
            Assert.Equal(value, HexNumber.Read(bytes));
        }
    }
}
