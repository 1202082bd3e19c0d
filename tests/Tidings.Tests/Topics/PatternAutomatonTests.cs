using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Tidings.Testing;

namespace Tidings.Tests.Topics;

public sealed class PatternAutomatonTests
{
    private const int MostToCompile = 2 * 1024 * 1024; // bytes

    [Fact]
    public void The_automaton_accepts_what_the_expression_of_dotnet_matches()
    {
        Gen<string> pieces = Gen.Elements("a", "b", "-", ".", "[ab]", "[^a]", "\\w", "\\W", "^", "$", "\\b", "\\B", "(?:a|b-)", "(?:|a)", "(?:ab)", "(?:a*b)", "(?:^a|b$)", "(?:\\b-)");
        Gen<string> counts = Gen.Elements("", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "{0}", "*?", "{2,3}?");
        Gen<string> terms = pieces.Zip(counts, (piece, count) => piece is "^" or "$" or "\\b" or "\\B" ? piece : piece + count);
        Gen<string> sequences = terms.ArrayOf().Select(string.Concat);
        Gen<string> expressions = sequences.Zip(sequences, (first, second) => $"{first}|(?:{second})+{first}");
        Gen<string> texts = Gen.Elements("a", "b", "-", "ab", "b-").ArrayOf().Select(string.Concat);

        Prop.ForAll(expressions.ToArbitrary(), texts.Two().ToArbitrary(), (expression, pair) =>
        {
            // A few are refused for their size, by .NET as well.
            if (BuildOrRefuse(expression) is not { } automaton)
            {
                return;
            }

            var expected = new Regex($"\\A(?:x(?:{expression})-)\\z", RegexOptions.Singleline | RegexOptions.NonBacktracking);
            foreach (string text in new[] { pair.Item1, pair.Item2, "" })
            {
                Assert.Equal(expected.IsMatch($"x{text}-"), automaton.Matches(text));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Theory]
    [InlineData("^a$", true)]
    [InlineData("\\ba\\b", true)]
    [InlineData("\\Ba", false)]
    public void What_begins_and_ends_the_component_is_a_boundary(string expression, bool expected) =>
        Assert.Equal(expected, PatternAutomatonBuilder.Build(RegexGroup.Parse(expression), before: null, after: null).Matches("a"));

    [Theory]
    [InlineData("(\\d{4})-(\\d{2})", "2026-11", "2026-1")]
    [InlineData("([a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12})", "0b2d3f6c-1a2b-4c3d-8e9f-0123456789ab", "0b2d3f6c")]
    [InlineData("(\\w{1,255})", "acme", "")]
    [InlineData("(.{1,255})", "acme", "")]
    [InlineData("((?:[a-z0-9]{1,63}\\.){1,4}example)", "a.b.example", "example")]
    [InlineData("(.*\\.\\w{3})", "a.b.txt", "a.text")]
    [InlineData("(.*-\\d{8})", "a-12345678", "a-1234567")]
    [InlineData("(.*)-(\\d+)-(.*)-(\\d{3})", "a-1-b-123", "a-b-123")]
    [InlineData("(acme|globex|initech|umbrella|hooli|stark|wayne|wonka)", "hooli", "holi")]
    [InlineData("(.*a.{6})", "xaxxxxxx", "xxxxxxx")]
    [InlineData("(v\\d+(?:\\.\\d+){0,2}(?:-[a-z0-9]+)?)", "v1.2.3-rc1", "v1.2.3.4")]
    public void Patterns_as_people_write_them_stay_small(string group, string matching, string other)
    {
        TopicMatcher matcher = TopicMatcher.UrlPattern($"https://example.com/:tenant/{group}");

        Assert.True(matcher.Matches($"https://example.com/t/{matching}"));
        Assert.False(matcher.Matches($"https://example.com/t/{other}"));
    }

    [Theory]
    [InlineData("(.*a.{12})", "([^a]*a.{12})")]
    [InlineData("((?:.*a){8}.{20})", "((?:[^a]*a){8}[^a]{20})")]
    public void A_count_that_would_make_the_automaton_explode_is_refused_with_the_way_out(string evil, string mended)
    {
        Assert.False(TopicMatcher.TryParse(MatcherType.UrlPattern, $"/{evil}", baseUrl: null, out _, out string? complaint));

        Assert.Contains("too large an automaton", complaint, StringComparison.Ordinal);
        Assert.Contains("exclude that, as in ([^a]*a.{12})", complaint, StringComparison.Ordinal);
        Assert.True(TopicMatcher.TryParse(MatcherType.UrlPattern, $"/{mended}", baseUrl: null, out _, out _));
    }

    [Fact]
    public void No_evil_pattern_leaves_anything_to_be_worked_out_when_a_topic_is_seen()
    {
        string[] patterns = [.. EvilPatterns.All];
        Assert.True(patterns.Length >= 200);
        TopicMatcher usual = TopicMatcher.UrlPattern("https://a.b/*a*a");
        int refused = 0;
        foreach (string pattern in patterns)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool parsed = TopicMatcher.TryParse(MatcherType.UrlPattern, pattern, baseUrl: null, out TopicMatcher? matcher, out string? complaint);
            long compiling = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(compiling < MostToCompile, $"{pattern}: {compiling} bytes to compile");
            if (!parsed)
            {
                Assert.Contains("too large", complaint, StringComparison.Ordinal);
                refused++;
                continue;
            }

            foreach (Topic topic in EvilPatterns.Topics)
            {
                usual.Matches(topic); // what is rented for topics of this length is there
                Assert.Equal((pattern, 0), (pattern, MemoryUse.AllocatedBytes(() => matcher!.Matches(topic)))); // parsed
            }
        }

        Assert.InRange(refused, 1, patterns.Length / 2);
    }

    private static PatternAutomaton? BuildOrRefuse(string expression)
    {
        try
        {
            return PatternAutomatonBuilder.Build(RegexGroup.Parse(expression), before: 'x', after: '-');
        }
        catch (FormatException refused) when (refused.Message.Contains("too large", StringComparison.Ordinal))
        {
            return null;
        }
    }
}
