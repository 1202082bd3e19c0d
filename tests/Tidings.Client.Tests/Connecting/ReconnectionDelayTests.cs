using FsCheck;
using FsCheck.Fluent;
using Tidings.Client.Connecting;

namespace Tidings.Client.Tests.Connecting;

public sealed class ReconnectionDelayTests
{
    private static readonly ReconnectionBackoff Backoff = new();

    [Theory]
    [InlineData(0, 100)]
    [InlineData(99, 100)]
    [InlineData(250, 250)]
    [InlineData(600_001, 600_000)]
    [InlineData(922337203685477, 600_000)]
    public void Without_back_off_the_reconnection_time_is_the_delay_within_bounds(long milliseconds, long delay) =>
        Assert.Equal(delay, Next(milliseconds, backoff: null, attemptsInARow: 5, random: 1));

    [Theory]
    [InlineData(1, 0, 1000)]
    [InlineData(1, 0.5, 1500)]
    [InlineData(1, 1, 2000)]
    [InlineData(2, 1, 3000)]
    [InlineData(3, 0.5, 3000)]
    [InlineData(7, 1, 61_000)]
    [InlineData(1000, 1, 61_000)]
    [InlineData(int.MaxValue, 0.25, 16_000)]
    public void Back_off_adds_a_random_part_of_a_window_that_doubles(int attemptsInARow, double random, long delay) =>
        Assert.Equal(delay, Next(1000, Backoff, attemptsInARow, random));

    [Fact]
    public void A_server_that_names_a_time_is_waited_for_but_not_for_ever()
    {
        Assert.Equal(7000, ReconnectionDelay.Next(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(7), null, 1, 0).TotalMilliseconds);
        Assert.Equal(600_000, ReconnectionDelay.Next(TimeSpan.FromSeconds(1), TimeSpan.MaxValue, Backoff, 1, 0).TotalMilliseconds);
        Assert.Equal(1000, ReconnectionDelay.Next(TimeSpan.FromSeconds(1), TimeSpan.MinValue, null, 1, 0).TotalMilliseconds);
    }

    [Fact]
    public void No_value_makes_it_throw_or_leave_its_bounds() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(10_000),
            Prop.ForAll<long, int, byte>((ticks, attempts, random) =>
            {
                TimeSpan delay = ReconnectionDelay.Next(new TimeSpan(ticks << 24), new TimeSpan(~ticks), Backoff, attempts, random / 255.0);
                Assert.InRange(delay, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
            }));

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReconnectionBackoff { LongestWindow = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReconnectionBackoff { LongestWindow = TimeSpan.FromHours(1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReconnectionBackoff { HealthyAfter = TimeSpan.FromTicks(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new EventSourceOptions { ReconnectionTime = TimeSpan.FromTicks(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new EventSourceOptions { IdleTimeout = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => new EventSourceOptions { ResponseTimeout = TimeSpan.FromDays(25) });
    }

    private static double Next(long milliseconds, ReconnectionBackoff? backoff, int attemptsInARow, double random) =>
        ReconnectionDelay.Next(TimeSpan.FromMilliseconds(milliseconds), null, backoff, attemptsInARow, random).TotalMilliseconds;
}
