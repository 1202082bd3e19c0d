using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidings.Benchmarks.Presence;

/// <summary>Streams with a hundred matchers each, opened and left again at a rate, until it is disposed of.</summary>
internal sealed class StreamFlood : IAsyncDisposable
{
    private const int Workers = 16;
    private const int Matchers = 100;

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private int _opened;

    private StreamFlood()
    {
    }

    /// <summary>How many streams were opened so far.</summary>
    public int Opened => Volatile.Read(ref _opened);

    public static StreamFlood Start(int port, int perSecond)
    {
        var flood = new StreamFlood();
        flood._running = Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => flood.RunAsync(port, worker, TimeSpan.FromSeconds((double)Workers / perSecond)))));
        return flood;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(int port, int worker, TimeSpan interval)
    {
        string query = string.Join('&', Enumerable.Range(0, Matchers).Select(i => $"match=w{worker}-{i}"));
        byte[] request = Encoding.ASCII.GetBytes($"GET /.well-known/mercure?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        byte[] answer = new byte[4096];
        long start = Stopwatch.GetTimestamp();
        try
        {
            for (int i = 1; !_stopping.IsCancellationRequested; i++)
            {
                using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(enable: true, seconds: 0) })
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port, _stopping.Token);
                    await socket.SendAsync(request, _stopping.Token);
                    await socket.ReceiveAsync(answer, _stopping.Token);
                    if (!answer.AsSpan().StartsWith("HTTP/1.1 200 "u8))
                    {
                        throw new InvalidOperationException("The hub did not open a stream.");
                    }
                }

                Interlocked.Increment(ref _opened);
                TimeSpan early = (i * interval) - Stopwatch.GetElapsedTime(start);
                if (early > TimeSpan.Zero)
                {
                    await Task.Delay(early, TimeProvider.System, _stopping.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The measurement is over.
        }
    }
}
