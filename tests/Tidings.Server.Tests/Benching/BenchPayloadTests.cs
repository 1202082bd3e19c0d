namespace Tidings.Server.Tests.Benching;

public sealed class BenchPayloadTests
{
    [Theory]
    [InlineData(BenchPayload.MinBytes)]
    [InlineData(1000)]
    public void What_is_written_is_read(int bytes)
    {
        var payload = new BenchPayload(bytes);
        byte[] data = new byte[bytes];

        payload.Write(data, publisher: 999, number: int.MaxValue, intended: long.MaxValue);

        Assert.True(payload.TryRead(data, out int publisher, out int number, out long intended));
        Assert.Equal((999, int.MaxValue, long.MaxValue), (publisher, number, intended));
        Assert.All(data, character => Assert.True(char.IsAsciiLetterOrDigit((char)character) || character == '-'));
    }

    [Fact]
    public void What_is_cut_or_of_another_run_is_not_read()
    {
        var payload = new BenchPayload(100);
        byte[] data = new byte[100];
        payload.Write(data, 1, 2, 3);

        Assert.False(payload.TryRead(data.AsSpan(0, 99), out _, out _, out _));
        Assert.False(new BenchPayload(100).TryRead(data, out _, out _, out _));
    }
}
