using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;

namespace Tidings.Faults.Tests.Loops;

/// <summary>The server is asked to stop while it has much to do.</summary>
[Collection(AloneCollection.Name)]
public sealed class StopTests
{
    // The default of TidingsOptions.DrainWindow is two seconds, and the hub adds two at most; a machine that load and server share may add as many again. Without an orderly end it takes half a minute.
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(20);

    // Even spreads have more once in a hundred thousand runs.
    private const double LargestUnevenness = 2.5;

    // The window, and the seconds that the hub gives to publishes before it and to streams after it. Whoever took longer stood still, though the load may not have.
    private static readonly TimeSpan LongestOrderlyStop = TimeSpan.FromSeconds(4);

    // Of the second that the hub gives its streams beyond the window.
    private static readonly TimeSpan ShortestStandStill = TimeSpan.FromSeconds(0.5);

    // With fewer, chance alone may put more of them than is allowed into a tenth of a second.
    private const double MeasuredShare = 0.8;

    private static readonly TimeSpan Forever = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_stop_gives_every_stream_all_that_was_acknowledged_and_spreads_their_return()
    {
        // Even times to come back, after an even end, put 2.5 % into the fullest tenth of a second. Of 500 streams 8 % is eight standard deviations above that; of 5,000, 5 % is more.
        (int streams, double largestShare) = TortureOptions.IsLong ? (5000, 0.05) : (500, 0.08);
        using var data = new DataDirectory();
        await using TortureRun run = await TortureRun.StartAsync(new TortureOptions
        {
            Name = "stop",
            Host = new HostOptions { DataDirectory = data.Path },
            Load = new LoadOptions
            {
                EventsPerSecond = 20,
                ExactChains = streams - 10,
                WildcardChains = 6,
                PrivateChains = 4,
                TwoTopicChains = 0,
                ShortestStay = Forever,
                LongestStay = Forever,
            },
        });
        await run.Load.AllReceiveAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(1));

        long asked = TimeProvider.System.GetTimestamp();
        (TimeSpan took, TimeSpan stoodStill) = await StopAsync(run);

        await run.PassWithoutPublishingAsync();
        Assert.True(took <= LongestStop, $"The stop took {took}.");
        AssertSpread(run, asked, largestShare, mayBeCut: stoodStill >= ShortestStandStill || took >= LongestOrderlyStop);
    }

    [Fact]
    public async Task A_second_signal_to_stop_ends_a_long_drain_and_loses_nothing()
    {
        using var data = new DataDirectory();
        await using TortureRun run = await TortureRun.StartAsync(new TortureOptions
        {
            Name = "stop-twice",
            Host = new HostOptions
            {
                Program = HostProgram.Serve,
                DataDirectory = data.Path,
                Settings = new Dictionary<string, string> { ["Tidings:DrainWindow"] = "00:00:30" },
            },
            Load = new LoadOptions { PrivateChains = 0, ShortestStay = Forever, LongestStay = Forever },
        });
        await run.Load.AllReceiveAsync(); // without a stream there is nothing to drain
        await run.WaitAsync(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5));
        run.Note("SIGTERM, the first");
        run.Host.Send(Signal.Terminate);
        await run.Host.SaysAsync("event streams end within"); // a second signal that comes before the first is heard is the same one
        await run.WaitAsync(TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(0.5));
        (TimeSpan took, _) = await StopAsync(run);

        await run.StartServerAsync();
        await run.PassAsync();
        Assert.True(took <= LongestStop, $"The stop took {took} after the second signal.");
    }

    [Fact]
    public async Task A_stop_in_the_middle_of_a_replay_loses_nothing()
    {
        using var data = new DataDirectory();
        await using TortureRun run = await TortureRun.StartAsync(new TortureOptions
        {
            Name = "stop-replay",
            Host = new HostOptions { DataDirectory = data.Path },
            Load = LoadOptions.Restless,
        });
        await run.WaitAsync(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(0.5));
        await run.HoldChainsAsync();
        await run.AcknowledgedAsync(1000);
        run.ReleaseChains();
        await run.WaitAsync(TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(40));
        (TimeSpan took, _) = await StopAsync(run);

        await run.StartServerAsync();
        await run.PassAsync();
        Assert.True(took <= LongestStop, $"The stop took {took}.");
    }

    private static async Task<(TimeSpan Took, TimeSpan StoodStill)> StopAsync(TortureRun run)
    {
        await using MachinePauses pauses = MachinePauses.Watch();
        long asked = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await run.StopServerAsync());
        TimeSpan stoodStill = pauses.Total;
        return (TimeProvider.System.GetElapsedTime(asked) - stoodStill, stoodStill);
    }

    // Kolmogorov and Smirnov: the largest distance from an even spread over one to five seconds, in units of what chance gives.
    private static double Unevenness(TimeSpan[] retries)
    {
        const double Shortest = 1;
        const double Range = 4;
        Array.Sort(retries);
        double distance = 0;
        for (int i = 0; i < retries.Length; i++)
        {
            double even = (retries[i].TotalSeconds - Shortest) / Range;
            distance = Math.Max(distance, Math.Max(Math.Abs(even - ((double)i / retries.Length)), Math.Abs(even - ((i + 1.0) / retries.Length))));
        }

        return distance * Math.Sqrt(retries.Length);
    }

    private static void AssertSpread(TortureRun run, long asked, double largestShare, bool mayBeCut)
    {
        const double BucketSeconds = 0.1;
        Chain[] chains = [.. run.Load.Chains];
        if (mayBeCut && run.Host.Log.Contains("event streams did not end in time and were cut", StringComparison.Ordinal))
        {
            // They had everything, and were told when to come back, but the moment of their end passed while nothing moved.
            Chain[] inOrder = [.. chains.Where(chain => chain.FirstEnd is not null)];
            if (inOrder.Length < MeasuredShare * chains.Length)
            {
                return;
            }

            chains = inOrder;
        }

        var returns = new Dictionary<int, int>();
        foreach (Chain chain in chains)
        {
            StreamEnd? end = chain.FirstEnd;
            Assert.True(end is { Retry: { Ticks: > 0 } }, $"The stream of {chain.Name} did not end in order: {end}.");
            TimeSpan back = TimeProvider.System.GetElapsedTime(asked, end.At) + end.Retry;
            int bucket = (int)(back.TotalSeconds / BucketSeconds);
            returns[bucket] = returns.GetValueOrDefault(bucket) + 1;
        }

        double largest = (double)returns.Values.Max() / chains.Length;
        double unevenness = Unevenness([.. chains.Select(chain => chain.FirstEnd!.Retry)]); // looked at just now
        TestContext.Current.TestOutputHelper?.WriteLine($"at most {largest:P1} of {chains.Length} clients come back within one tenth of a second; the unevenness of what they were told is {unevenness:F2}");
        Assert.True(unevenness <= LargestUnevenness, $"The reconnection times are not spread evenly: {unevenness:F2}.");
        Assert.True(largest <= largestShare, $"{largest:P1} of the clients come back within one tenth of a second.");
    }
}
