using System.Text;

namespace Tidings.Server.Tests.Benching;

public sealed class HttpAnswerTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true)]
    [InlineData("HTTP/1.1 201 Created\r\ncontent-length:0\r\n\r\n", 201, "", true)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n", 200, "hello", true)]
    [InlineData("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n", 200, "0123456789", true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n0123456789abcdefghijklmnop\r\n", 200, "0123456789abcdefghijklmnop", false)]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end", false)]
    public void An_answer_is_the_same_however_it_is_cut(string text, int status, string body, bool isComplete)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        foreach (int size in (int[])[1, 2, 3, 7, bytes.Length])
        {
            var answer = new HttpAnswer();
            var read = new StringBuilder();
            foreach (byte[] piece in bytes.Chunk(size))
            {
                ReadOnlySpan<byte> input = piece;
                while (!input.IsEmpty && !answer.IsComplete)
                {
                    read.Append(Encoding.ASCII.GetString(answer.ReadBody(ref input)));
                }
            }

            Assert.Equal((status, body, isComplete), (answer.Status, read.ToString(), answer.IsComplete));
        }
    }

    [Fact]
    public void The_next_answer_on_the_connection_starts_anew()
    {
        var answer = new HttpAnswer();
        ReadOnlySpan<byte> first = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8;
        answer.ReadBody(ref first);
        Assert.True(answer is { IsComplete: true, IsLast: true });

        answer.Reset();
        ReadOnlySpan<byte> second = "HTTP/1.1 503 No\r\n\r\n"u8;
        answer.ReadBody(ref second);

        Assert.Equal((503, false, false), (answer.Status, answer.IsComplete, answer.IsLast));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    [InlineData("HTTP/1.1 abc\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n")]
    public void What_is_not_HTTP_is_told(string text) => Assert.Throws<BenchException>(() =>
    {
        var answer = new HttpAnswer();
        ReadOnlySpan<byte> input = Encoding.ASCII.GetBytes(text);
        while (!input.IsEmpty)
        {
            answer.ReadBody(ref input);
        }
    });
}
