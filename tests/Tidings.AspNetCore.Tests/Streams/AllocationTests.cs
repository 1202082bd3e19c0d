using System.Net;
using System.Net.Sockets;
using System.Text;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

/// <summary>What one more stream costs per event and per heartbeat: no memory at all. Measured on real sockets, with clients that allocate nothing themselves.</summary>
[Collection(AloneCollection.Name)]
public sealed class AllocationTests(ITestOutputHelper output) : IDisposable
{
    private const int Few = 20;
    private const int Many = 220;
    private const double MostBytes = 8; // An object has at least 24 bytes; the slack is for what the process does meanwhile.

    private readonly List<Socket> _clients = [];
    private readonly byte[] _buffer = new byte[16 * 1024];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_delivery_allocates_nothing(bool isDirect)
    {
        Assert.InRange(await BytesOfEachAsync(() => SocketApp.StartAsync(isDirect: isDirect), times: 200, PublishAsync), double.MinValue, MostBytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_heartbeat_of_an_idle_stream_allocates_nothing(bool isDirect)
    {
        Assert.InRange(
            await BytesOfEachAsync(() => SocketApp.StartAsync(options => options.HeartbeatInterval = TimeSpan.FromSeconds(1), isDirect), times: 100, BeatAsync), double.MinValue, MostBytes);
    }

    public void Dispose() => CloseAll();

    private void CloseAll()
    {
        _clients.ForEach(client => client.Dispose());
        _clients.Clear();
    }

    // What many streams cost more than few, for each time and stream.
    private Task<double> BytesOfEachAsync(Func<Task<SocketApp>> startAsync, int times, Func<SocketApp, int, Task> actAsync) => MemoryUse.LeastAsync(MostBytes, async () =>
    {
        CloseAll();
        await using SocketApp app = await startAsync();
        Open(app, Few);
        await actAsync(app, times); // what is compiled, pooled and grown once is so now
        long few = await AllocatedByAsync(() => actAsync(app, times));
        Open(app, Many - Few);
        await actAsync(app, times);
        long many = await AllocatedByAsync(() => actAsync(app, times));

        double each = (many - few) / (double)(times * (Many - Few));
        output.WriteLine($"{times} times: {few:N0} bytes with {Few} streams, {many:N0} with {Many}: {each:N3} bytes for each.");
        return each;
    });

    private static async Task<long> AllocatedByAsync(Func<Task> action)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await action();
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    // Nothing of these sockets is asynchronous: otherwise each wait of theirs would allocate.
    private void Open(SocketApp app, int count)
    {
        byte[] request = Encoding.ASCII.GetBytes($"GET {TestApp.HubPath}?match=news HTTP/1.1\r\nHost: localhost\r\n\r\n");
        for (int i = 0; i < count; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)Hang.Limit.TotalMilliseconds };
            _clients.Add(client);
            client.Connect(IPAddress.Loopback, app.Address.Port);
            client.Send(request);
            ReadUntil(client, "\r\n:\n\r\n"u8);
        }
    }

    // Each stream reads each event before the next one: no two are written together, so every delivery is one of its own.
    private async Task PublishAsync(SocketApp app, int events)
    {
        for (int i = 0; i < events; i++)
        {
            await app.Broker.PublishAsync("news", "0123456789abcdef0123456789abcdef", TestApp.Cancellation);
            foreach (Socket client in _clients)
            {
                ReadUntil(client, "\n\n\r\n"u8);
            }
        }
    }

    private Task BeatAsync(SocketApp app, int heartbeats)
    {
        for (int i = 0; i < heartbeats; i++)
        {
            app.Time.Advance(TimeSpan.FromSeconds(1));
            foreach (Socket client in _clients)
            {
                ReadUntil(client, ":\n\r\n"u8);
            }
        }

        return Task.CompletedTask;
    }

    private void ReadUntil(Socket client, ReadOnlySpan<byte> end)
    {
        int length = 0;
        while (!_buffer.AsSpan(0, length).EndsWith(end))
        {
            int read = client.Receive(_buffer.AsSpan(length), SocketFlags.None);
            length += read > 0 ? read : throw new EndOfStreamException(); // an assertion would allocate
        }
    }
}
