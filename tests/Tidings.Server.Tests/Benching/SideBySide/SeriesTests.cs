using Tidings.Bench;

namespace Tidings.Server.Tests.Benching.SideBySide;

public sealed class SeriesTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3)]
    [InlineData(new[] { 9.0, 1, 2 }, 2)]
    [InlineData(new[] { 4.0, 1, 9, 2 }, 3)]
    [InlineData(new[] { double.NaN, 5, 7, 6 }, 6)]
    [InlineData(new double[0], double.NaN)]
    public void The_median_is_the_middle_of_what_was_measured(double[] values, double expected) => Assert.Equal(expected, Series.Median(values));

    [Fact]
    public void A_ratio_is_taken_within_each_round()
    {
        // The machine was twice as slow in the second round: that says nothing about the servers.
        var series = new Series([Round(ours: 4, theirs: 8), Round(ours: 8, theirs: 16), Round(ours: 6, theirs: 8)]);

        Assert.Equal(0.5, series.Ratio("cost", "ours", "theirs"));
        Assert.Equal(6, series.Median("ours", "cost"));
    }

    [Fact]
    public void A_round_in_which_a_server_failed_has_no_ratio()
    {
        Measurement failed = Measurement.Read("ours", "", "Cannot connect.");
        var series = new Series([[failed, Of("theirs", 8)], Round(ours: 2, theirs: 8)]);

        Assert.Equal("Cannot connect.", failed.Complaint);
        Assert.Equal(0.25, series.Ratio("cost", "ours", "theirs"));
    }

    [Theory]
    [InlineData("""{"passed":true,"gaps":0,"otherOrder":0,"streams":9}""", null)]
    [InlineData("""{"passed":false,"gaps":0,"otherOrder":7,"streams":9}""", "otherOrder 7")]
    [InlineData("""{"passed":false,"gaps":1200,"duplicates":1,"otherOrder":0}""", "gaps 1,200, duplicates 1")]
    public void What_the_load_has_found_wrong_is_told(string json, string? complaint) => Assert.Equal(complaint, Measurement.Read("ours", json, "").Complaint);

    private static Measurement[] Round(double ours, double theirs) => [Of("ours", ours), Of("theirs", theirs)];

    private static Measurement Of(string server, double cost) => new(server, null, new Dictionary<string, double> { ["cost"] = cost });
}
