using Tidings.Bench;

namespace Tidings.Server.Tests.Benching.SideBySide;

public sealed class RowTests
{
    [Theory]
    [InlineData(0.49, "met")]
    [InlineData(0.5, "met")]
    [InlineData(0.51, "missed")]
    [InlineData(double.NaN, "not measured")]
    public void At_most_is_met_up_to_the_limit(double value, string verdict) => Assert.Equal(verdict, Row.Of("T2", "cost", 2, Bound.AtMost, 0.5, value).Verdict);

    [Theory]
    [InlineData(1_999_999, "missed")]
    [InlineData(2_000_000, "met")]
    [InlineData(double.NaN, "not measured")]
    public void At_least_is_met_from_the_limit(double value, string verdict) => Assert.Equal(verdict, Row.Of("T2", "speed", 0, Bound.AtLeast, 2_000_000, value).Verdict);

    [Fact]
    public void A_row_tells_each_server_and_leaves_out_who_was_not_measured()
    {
        Row row = Row.Of("T2", "speed", 0, Bound.AtLeast, 2_000_000, 2_345_678.4, nchan: double.NaN);

        Assert.Equal(("≥ 2,000,000", "2,345,678", "–", ""), (row.Target, row.Tidings, row.Nchan, row.InBox));
    }
}
