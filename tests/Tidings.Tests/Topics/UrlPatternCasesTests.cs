namespace Tidings.Tests.Topics;

public sealed class UrlPatternCasesTests
{
    // Each with its reason in docs/internals/topics.md.
    private static readonly string[] KnownMisses =
    [
        """misuse: {"pathname": "/foo/bar"} {"pathname": "/foo/bar"}""",
        """match: {"pathname": "/foo/bar"} {"pathname": "/FOO/BAR"}""",
        """match: https://example.com:8080/foo?bar#baz {"pathname": "/FOO", "search": "BAR", "hash": "BAZ", "baseURL": "https://example.com:8080"}""",
        """match: /foo?bar#baz at https://example.com:8080 {"pathname": "/FOO", "search": "BAR", "hash": "BAZ", "baseURL": "https://example.com:8080"}""",
        """error: /foo?bar#baz at https://example.com:8080 """,
    ];

    [Fact]
    public void The_public_cases_come_out_as_they_should_but_for_those_that_are_known()
    {
        string[] misses = [.. UrlPatternCase.All().Where(pattern => pattern.Outcome() != pattern.Expected).Select(pattern => pattern.Description)];

        Assert.Equal(KnownMisses, misses);
    }
}
