using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Loops;

/// <summary>Clients that never read, beside others that do.</summary>
[Collection(AloneCollection.Name)]
public sealed class SlowReaderTests
{
    private const long BytesPerReader = 64 * 1024;

    // What is measured is what the server holds, and not how much garbage the collector finds worth its time: one heap, with a nursery of 4 MiB.
    private static readonly Dictionary<string, string> FrugalCollector = new() { ["DOTNET_gcServer"] = "0", ["DOTNET_GCgen0size"] = "400000" };

    // What the collector may leave for later; a copy of the stream for each reader would be many times that.
    private const long SlackBytes = 64 * 1024 * 1024;

    // The default, but in the short form.
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(TortureOptions.IsLong ? 10 : 3);

    [Fact]
    public async Task Clients_that_never_read_are_closed_and_cost_little_and_the_others_miss_nothing()
    {
        int count = TortureOptions.IsLong ? 1000 : 100;
        using var data = new DataDirectory();
        await using TortureRun run = await TortureRun.StartAsync(new TortureOptions
        {
            Name = "slow-readers",
            Host = new HostOptions
            {
                DataDirectory = data.Path,
                Settings = new Dictionary<string, string> { ["Tidings:Broker:RingBytes"] = "4194304", ["Tidings:WriteTimeout"] = $"{WriteTimeout}" },
                Environment = FrugalCollector,
            },
            Load = new LoadOptions { DataBytes = 2048, EventsPerSecond = 100 },
        });
        await run.AcknowledgedAsync(1200); // it has what it needs for its work, however long that took
        long baseline = run.Host.ResidentBytes();
        var open = new List<SlowReader>();
        long largest = 0;
        try
        {
            for (int i = 0; i < count; i++)
            {
                open.Add(await SlowReader.OpenAsync(run.Address));
            }

            long opened = TimeProvider.System.GetTimestamp();
            // They are closed when their buffers were full for the timeout, and how long it takes to fill them depends on how much the kernel gives them.
            while (open.Count > 0 && TimeProvider.System.GetElapsedTime(opened) < WriteTimeout + Hang.Limit)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
                largest = Math.Max(largest, run.Host.ResidentBytes());
                foreach (SlowReader closed in open.FindAll(reader => reader.IsClosed()))
                {
                    closed.Dispose();
                    open.Remove(closed);
                }
            }

            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{open.Count} of {count} slow readers are open {TimeProvider.System.GetElapsedTime(opened)} after they came; the server grew from {baseline} to {largest} bytes");
            Assert.Empty(open);
        }
        finally
        {
            open.ForEach(reader => reader.Dispose());
        }

        await run.PassAsync();
        long allowed = baseline + (count * BytesPerReader) + SlackBytes;
        Assert.True(largest <= allowed, $"The server grew from {baseline} to {largest} bytes; with {count} slow readers, {allowed} are allowed.");
    }
}
