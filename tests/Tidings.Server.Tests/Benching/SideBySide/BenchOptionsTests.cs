using Tidings.Bench;

namespace Tidings.Server.Tests.Benching.SideBySide;

public sealed class BenchOptionsTests
{
    [Theory]
    [InlineData("", "./bench", "")]
    [InlineData("--only t2,T1 --short", "./bench --short --only T1,T2", "-short-T1-T2")]
    [InlineData("--rounds 5", "./bench --rounds 5", "")]
    [InlineData("--short --rounds 1", "./bench --short --rounds 1", "-short")]
    public void The_command_that_is_written_down_asks_for_the_same(string arguments, string command, string suffix)
    {
        BenchOptions? options = Parse(arguments, out _);

        Assert.NotNull(options);
        Assert.Equal((command, suffix), (options.Command, options.Suffix));
    }

    [Theory]
    [InlineData("--only T10", "--only takes")]
    [InlineData("--only", "--only takes")]
    [InlineData("--rounds 2", "at least 3 rounds")]
    [InlineData("--rounds many", "--rounds takes")]
    [InlineData("--fast", "--fast")]
    public void What_cannot_be_understood_is_refused(string arguments, string part)
    {
        Assert.Null(Parse(arguments, out string? wrong));
        Assert.Contains(part, wrong, StringComparison.Ordinal);
    }

    private static BenchOptions? Parse(string arguments, out string? wrong) => BenchOptions.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), out wrong);
}
