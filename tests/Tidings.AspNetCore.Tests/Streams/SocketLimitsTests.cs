using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

/// <summary>What a client that never reads costs, on real sockets.</summary>
[Collection(AloneCollection.Name)]
public sealed class SocketLimitsTests(ITestOutputHelper output)
{
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;

    [Fact]
    public async Task The_connection_of_a_stream_has_the_limits_of_the_options()
    {
        await using SocketApp app = await SocketApp.StartAsync(options =>
        {
            options.SendBufferBytes = 32 * 1024;
            options.DeadPeerTimeout = TimeSpan.FromSeconds(42);
        });
        using Socket client = await app.OpenSleeperAsync();
        byte[] milliseconds = new byte[sizeof(int)];

        app.LastSocket!.GetRawSocketOption(TcpLevel, TcpUserTimeout, milliseconds); // a request has come

        Assert.Equal(42_000, BitConverter.ToInt32(milliseconds));
        Assert.InRange(app.LastSocket.SendBufferSize, 32 * 1024, 64 * 1024); // Linux doubles it
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_operating_system_keeps_no_more_for_a_client_that_does_not_read_than_its_send_buffer_holds(bool isDirect)
    {
        await using SocketApp app = await SocketApp.StartAsync(isDirect: isDirect);
        using Socket client = await app.OpenSleeperAsync();
        for (int i = 0; i < 8; i++)
        {
            await app.Broker.PublishAsync("news", new string('x', 1024 * 1024), TestApp.Cancellation);
        }

        long kept = await WaitUntilStuckAsync(client);

        output.WriteLine($"{kept / 1024:N0} KiB are kept.");
        Assert.InRange(kept, 1, 288 * 1024); // twice 128 KiB, and what the client's own buffer holds
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hundred_clients_that_do_not_read_cost_less_than_64_KiB_of_memory_each(bool isDirect)
    {
        const int Most = 64 * 1024;
        Assert.InRange(await MemoryUse.LeastAsync(Most, () => BytesOfEachAsync(isDirect)), double.MinValue, Most);
    }

    private async Task<double> BytesOfEachAsync(bool isDirect)
    {
        const int Clients = 100;
        await using SocketApp app = await SocketApp.StartAsync(
            options =>
            {
                options.Broker.PendingCapacity = 1;
                options.Broker.RingBytes = 1024 * 1024;
                options.MemoryLog.MaxBytes = 16 * 1024 * 1024; // All that is published: otherwise an event that a reader holds would be counted as the reader's, though many share it.
            },
            isDirect);
        Socket[] clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => app.OpenSleeperAsync()));
        string payload = new('x', 1024 * 1024);
        await app.Broker.PublishAsync("news", payload, TestApp.Cancellation);
        await SocketApp.WaitUntilAsync(() => clients.All(client => client.Available > 0));
        for (int i = 0; i < 12; i++)
        {
            await app.Broker.PublishAsync("news", payload, TestApp.Cancellation);
        }

        await SocketApp.WaitUntilAsync(() => app.Metrics.Observe("tidings.subscribers.behind") == Clients);

        long stuck = MemoryUse.KeptBytes();
        await app.WaitForCutsAsync(Clients);
        await SocketApp.WaitUntilAsync(() => app.Metrics.Total("tidings.subscribers.active") == 0);

        long before = MemoryUse.KeptBytes();
        output.WriteLine($"{(stuck - before) / 1024 / Clients:N0} KiB for each client.");
        Assert.Equal(Clients, app.Metrics.Total("tidings.subscribers.too_slow"));
        foreach (Socket client in clients)
        {
            client.Dispose();
        }

        return (stuck - before) / (double)Clients;
    }

    /// <summary>Waits until the system takes no more for the client, and says how many bytes it keeps on both sides.</summary>
    private static async Task<long> WaitUntilStuckAsync(Socket client)
    {
        const int SamplesWithoutChange = 50;
        long kept = 0;
        int unchanged = 0;
        await SocketApp.WaitUntilAsync(() =>
        {
            long now = client.Available + Unacknowledged((IPEndPoint)client.RemoteEndPoint!, (IPEndPoint)client.LocalEndPoint!); // connected
            unchanged = now == kept ? unchanged + 1 : 0;
            kept = now;
            return kept > 0 && unchanged == SamplesWithoutChange;
        });
        return kept;
    }

    // The kernel's own list: local address, remote address, state, tx_queue:rx_queue; all hexadecimal (Linux, proc_net_tcp).
    private static long Unacknowledged(IPEndPoint server, IPEndPoint client)
    {
        foreach (string line in File.ReadAllLines("/proc/net/tcp"))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields[1].EndsWith($":{server.Port:X4}", StringComparison.Ordinal) && fields[2].EndsWith($":{client.Port:X4}", StringComparison.Ordinal))
            {
                return long.Parse(fields[4].Split(':')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidOperationException("The kernel does not know the connection.");
    }
}
