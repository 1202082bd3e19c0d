using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidings.Benchmarks;

/// <summary>Publishers that each send the next event when the last one was acknowledged, over connections that stay open.</summary>
internal sealed class PublishLoad : IDisposable
{
    private const int DataBytes = 128;

    private readonly Socket[] _sockets;
    private readonly byte[] _request;

    private PublishLoad(Socket[] sockets, byte[] request)
    {
        _sockets = sockets;
        _request = request;
    }

    public static async Task<PublishLoad> ConnectAsync(int port, int publishers, string topic = "bench")
    {
        var sockets = new Socket[publishers];
        for (int i = 0; i < publishers; i++)
        {
            sockets[i] = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await sockets[i].ConnectAsync(IPAddress.Loopback, port);
        }

        string body = $"topic={topic}&data={new string('x', DataBytes)}";
        return new PublishLoad(sockets, Encoding.ASCII.GetBytes(
            $"POST /.well-known/mercure HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    }

    /// <summary>Publishes for a while and tells how many events a second were acknowledged.</summary>
    public async Task<double> RunAsync(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        int[] counts = await Task.WhenAll(_sockets.Select(socket => Task.Run(() => PublishAsync(socket, start, time))));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Publishes for a while, with a pause after each event, and tells how long each took to be acknowledged.</summary>
    public async Task<TimeSpan[]> MeasureAsync(TimeSpan time, TimeSpan pause)
    {
        long start = Stopwatch.GetTimestamp();
        List<TimeSpan>[] taken = [.. _sockets.Select(_ => new List<TimeSpan>())];
        await Task.WhenAll(_sockets.Select((socket, i) => Task.Run(async () =>
        {
            byte[] answer = new byte[4096];
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                long sent = Stopwatch.GetTimestamp();
                await PublishOneAsync(socket, answer);
                taken[i].Add(Stopwatch.GetElapsedTime(sent));
                await Task.Delay(pause, TimeProvider.System);
            }
        })));
        return [.. taken.SelectMany(times => times)];
    }

    public void Dispose()
    {
        foreach (Socket socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private async Task<int> PublishAsync(Socket socket, long start, TimeSpan time)
    {
        byte[] answer = new byte[4096];
        int count = 0;
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            await PublishOneAsync(socket, answer);
            count++;
        }

        return count;
    }

    // The hub's answers tell their length.
    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        ReadOnlySpan<byte> field = "Content-Length: "u8;
        int head = answer.IndexOf("\r\n\r\n"u8);
        int length = head < 0 ? -1 : answer[..head].IndexOf(field);
        return length >= 0 && Utf8Parser.TryParse(answer[(length + field.Length)..], out int bytes, out _) && answer.Length >= head + 4 + bytes;
    }

    private async Task PublishOneAsync(Socket socket, byte[] answer)
    {
        await socket.SendAsync(_request);
        int received = 0;
        do
        {
            int read = await socket.ReceiveAsync(answer.AsMemory(received));
            if (read == 0)
            {
                throw new IOException($"The hub has closed the connection, after: {Encoding.ASCII.GetString(answer, 0, received)}");
            }

            received += read;
        }
        while (!IsWhole(answer.AsSpan(0, received)));

        if (!answer.AsSpan().StartsWith("HTTP/1.1 200 "u8))
        {
            throw new InvalidOperationException($"The hub did not store an event: {Encoding.ASCII.GetString(answer, 0, received)}");
        }
    }
}
