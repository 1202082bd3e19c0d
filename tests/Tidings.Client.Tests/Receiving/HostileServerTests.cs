using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Tidings.Testing;

namespace Tidings.Client.Tests.Receiving;

/// <summary>Servers that mean harm. What is measured is everything the process allocates meanwhile, the server of the test included.</summary>
[Collection(nameof(AloneCollection))]
public sealed class HostileServerTests
{
    private const long EightMebibytes = 8L * 1024 * 1024;
    private const long TwoGibibytes = 2L * 1024 * 1024 * 1024;

    private readonly ObservedTimeProvider _time = new();

    [Theory]
    [InlineData("data: ")]
    [InlineData(":")]
    [InlineData("")]
    public async Task Two_gibibytes_without_a_newline_are_cut_off_within_eight_mebibytes(string start)
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        byte[] endless = new byte[256 * 1024];
        Array.Fill(endless, (byte)'x');
        ScriptedConnection connection = await server.AcceptStreamAsync(start);
        long before = GC.GetTotalAllocatedBytes(precise: true);

        long sent = await SendUntilCutAsync(connection, endless);

        await client.ExpectAsync("open Open", "error LimitExceeded Connecting");
        Assert.Equal(EventStreamLimit.Line, Assert.IsType<EventStreamLimitException>(client.LastError!.Exception).Limit);
        Assert.True(sent < TwoGibibytes);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, EightMebibytes);
    }

    [Fact]
    public async Task An_endless_event_is_cut_off()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        byte[] lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("data: " + new string('x', 1000) + "\n", 200)));
        ScriptedConnection connection = await server.AcceptStreamAsync();

        await SendUntilCutAsync(connection, lines);

        await client.ExpectAsync("open Open", "error LimitExceeded Connecting");
        Assert.Equal(EventStreamLimit.Event, Assert.IsType<EventStreamLimitException>(client.LastError!.Exception).Limit);
    }

    [Fact]
    public async Task An_id_too_long_for_a_header_is_cut_off()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        await server.AcceptStreamAsync($"id: {new string('x', 4097)}\ndata: a\n\n");
        await client.ExpectAsync("open Open", "error LimitExceeded Connecting");
        Assert.Equal("", client.Source.LastEventId);
    }

    [Theory]
    [InlineData("Content-Encoding: gzip\r\n", "error ContentEncoding Closed")]
    [InlineData("Content-Encoding: br\r\n", "error ContentEncoding Closed")]
    [InlineData("", "open Open")]
    public async Task A_bomb_is_not_unpacked(string header, string notification)
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        (ScriptedConnection connection, _) = await server.AcceptRequestAsync();
        byte[] bomb = Bomb();
        long before = GC.GetTotalAllocatedBytes(precise: true);

        try
        {
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{header}\r\n");
            await connection.SendAsync(bomb);
        }
        catch (SocketException)
        {
            // The client has seen enough.
        }

        connection.Close();
        await client.ExpectAsync(notification);
        await client.NextAsync(); // The end of the stream, or of the source: all that was sent has been dealt with.
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, EightMebibytes);
    }

    [Fact]
    public async Task Headers_without_end_are_refused()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        (ScriptedConnection connection, _) = await server.AcceptRequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\n");
        await SendUntilCutAsync(connection, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("X-Filler: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", 500))));
        await client.ExpectAsync("error ConnectionFailed Connecting");
    }

    [Fact]
    public async Task Random_bytes_instead_of_an_answer_are_a_failed_attempt()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        await server.AnswerAsync("\0\u0001\u0002 nothing like HTTP\r\n\r\n");
        await client.ExpectAsync("error ConnectionFailed Connecting");
    }

    private static byte[] Bomb()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            byte[] zeros = new byte[1024 * 1024];
            for (int i = 0; i < 64; i++)
            {
                gzip.Write(zeros);
            }
        }

        return packed.ToArray();
    }

    private static async Task<long> SendUntilCutAsync(ScriptedConnection connection, byte[] piece)
    {
        long sent = 0;
        try
        {
            while (sent < TwoGibibytes)
            {
                await connection.SendAsync(piece);
                sent += piece.Length;
            }
        }
        catch (SocketException)
        {
            // The client closed the connection.
        }

        return sent;
    }
}
