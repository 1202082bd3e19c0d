namespace Tidings.Server.Tests.Serving;

public sealed class RuntimeFloorTests
{
    [Theory]
    [InlineData("10.0.0", true)]
    [InlineData("10.0.11+4cfb0f6", true)]
    [InlineData("10.0.0-rc.1.25451.107+abc", true)]
    [InlineData("10.0.12+4cfb0f6", false)]
    [InlineData("10.0.13", false)]
    [InlineData("11.0.0-preview.1", false)]
    [InlineData("", false)] // not known
    public void A_runtime_older_than_the_newest_service_release_is_told(string version, bool isOld) => Assert.Equal(isOld, RuntimeFloor.Complaint(version) is not null);

    [Fact]
    public void What_is_told_names_both_versions() =>
        Assert.Equal("ASP.NET Core 10.0.3 is older than 10.0.12: it has holes that are known and mended there. Update the runtime.", RuntimeFloor.Complaint("10.0.3+x"));
}
