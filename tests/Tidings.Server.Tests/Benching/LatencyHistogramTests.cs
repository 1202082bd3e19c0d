namespace Tidings.Server.Tests.Benching;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(0.5, 500)]
    [InlineData(0.99, 990)]
    [InlineData(1, 1000)]
    public void A_percentile_is_right_to_two_per_cent(double share, double milliseconds)
    {
        var histogram = new LatencyHistogram();
        for (int i = 1; i <= 1000; i++)
        {
            histogram.Record(i * TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerMillisecond);
        }

        Assert.InRange(histogram.Percentile(share).TotalMilliseconds, milliseconds, milliseconds * 1.02);
        Assert.Equal(1000, histogram.Largest.TotalMilliseconds);
    }

    [Fact]
    public void The_shortest_and_the_longest_time_have_a_place()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(-1);
        histogram.Record(0);
        histogram.Record(long.MaxValue);

        Assert.Equal(TimeSpan.Zero, histogram.Percentile(0.5));
        Assert.Equal(histogram.Largest, histogram.Percentile(1));
        Assert.Equal(TimeSpan.Zero, new LatencyHistogram().Percentile(0.99));
    }
}
