using System.Net.Sockets;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>One large event to many readers, on real sockets.</summary>
[Collection(AloneCollection.Name)]
public sealed class LargeFanOutTests(ITestOutputHelper output)
{
    private const int EventBytes = 1024 * 1024;
    private const int BytesPerReader = 40 * 1024; // 200 MiB for 5,000
    private static readonly int Readers = Environment.GetEnvironmentVariable("TIDINGS_LONG") == "1" ? 5000 : 500;

    [Fact]
    public async Task An_event_of_1_MiB_to_all_readers_is_kept_once_and_in_one_slice_for_each()
    {
        long most = (4 * EventBytes) + (Readers * (long)BytesPerReader);
        Assert.InRange(await MemoryUse.LeastAsync(most, BytesOfAnEventAsync), double.MinValue, most);
    }

    private async Task<double> BytesOfAnEventAsync()
    {
        await using SocketApp app = await SocketApp.StartAsync();
        Socket[] readers = await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => app.OpenSleeperAsync()));
        await app.Broker.PublishAsync("news", new string('x', EventBytes), TestApp.Cancellation); // so that what is kept once is there
        await Task.WhenAll(readers.Select(reader => ReadEventAsync(reader)));
        long before = MemoryUse.KeptBytes();

        await app.Broker.PublishAsync("news", new string('y', EventBytes), TestApp.Cancellation);
        await SocketApp.WaitUntilAsync(() => readers.All(reader => reader.Available > 0));
        long during = MemoryUse.KeptBytes();
        long[] received = await Task.WhenAll(readers.Select(reader => ReadEventAsync(reader)));

        output.WriteLine($"{(during - before) / 1024:N0} KiB for {Readers:N0} readers, {(during - before) / 1024 / Readers:N0} KiB for each.");
        Assert.All(received, bytes => Assert.True(bytes > EventBytes));
        Array.ForEach(readers, reader => reader.Dispose());
        return during - before;
    }

    /// <summary>Reads up to the blank line behind the event, and keeps nothing of it.</summary>
    private static async Task<long> ReadEventAsync(Socket reader)
    {
        byte[] buffer = new byte[4096];
        long total = 0;
        byte last = 0;
        while (true)
        {
            int read = await reader.ReceiveAsync(buffer, TestApp.Cancellation);
            Assert.NotEqual(0, read);
            total += read;

            // In chunks: the blank line is followed by the CRLF that ends its chunk.
            int end = buffer.AsSpan(0, read).IndexOf("\n\n"u8);
            if (end >= 0 || (last == '\n' && buffer[0] == '\n'))
            {
                return total;
            }

            last = buffer[read - 1];
        }
    }
}
