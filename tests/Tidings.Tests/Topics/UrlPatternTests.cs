using FsCheck;
using FsCheck.Fluent;

namespace Tidings.Tests.Topics;

public sealed class UrlPatternTests
{
    private static readonly Uri Hub = new("https://example.com/.well-known/mercure");

    [Theory]
    [InlineData("https://example.com/books/:id", "https://example.com/books/1", true)]
    [InlineData("https://example.com/books/:id", "https://example.com/books/1/2", false)]
    [InlineData("https://example.com/books/:id", "https://example.com/books/1?a#b", true)]
    [InlineData("https://example.com/books/:id", "HTTPS://Example.com:443/x/../books/1", true)]
    [InlineData("https://example.com/books/:id", "https://example.com:8443/books/1", false)]
    [InlineData("https://*.example.com/*", "https://a.b.example.com/x", true)]
    [InlineData("https://*.example.com/*", "https://example.com/x", false)]
    [InlineData("https://example.com/:a-:b", "https://example.com/1-2-3", true)]
    [InlineData("https://example.com/{a/}*b", "https://example.com/a/a/b", true)]
    [InlineData("https://example.com/{:seg/}+end", "https://example.com/a/b/end", true)]
    [InlineData("https://example.com/{:seg/}+end", "https://example.com/end", false)]
    [InlineData("https://example.com/:a*", "https://example.com/x/y/z", true)]
    [InlineData("https://example.com/:a*", "https://example.com", false)]
    [InlineData("https://example.com/x{/:a}*", "https://example.com/x/y", true)]
    [InlineData("https://example.com/(\\d{2,4})x", "https://example.com/123x", true)]
    [InlineData("https://example.com/(\\d{2,4})x", "https://example.com/12345x", false)]
    [InlineData("https://example.com/(a|b$)", "https://example.com/b", true)]
    [InlineData("https://example.com/([^\\/x]+)", "https://example.com/axb", false)]
    [InlineData("/books/:id", "books/1", false)]
    [InlineData("/books/:id", "/books/1", true)]
    [InlineData("/books/:id", "https://example.com/books/1", true)]
    [InlineData("books/:id", "books/1", true)]
    [InlineData("books/:id", "https://example.com/.well-known/books/1", true)]
    [InlineData("urn\\:isbn\\::id", "urn:isbn:123", true)]
    [InlineData("https://example.com/*", "https://[broken/", false)]
    [InlineData("*://*:*/*", "https://[broken/", false)]
    public void A_pattern_selects_what_the_standard_says(string pattern, string topic, bool expected) =>
        Assert.Equal(expected, TopicMatcher.UrlPattern(pattern, Hub).Matches(topic));

    [Theory]
    [InlineData("/(a(?=b))", "linear time")]
    [InlineData("/(a(?!b))", "linear time")]
    [InlineData("/(a(?<=b))", "linear time")]
    [InlineData("/((?:a)\\1)", "linear time")]
    [InlineData("/(a{1000}{1000})", "means nothing")]
    [InlineData("/((?:a{100}){100})", "too large")]
    [InlineData("/(\\p{L})", "not supported")]
    [InlineData("/([a-)", "range")]
    [InlineData("/:a/:a", "name")]
    [InlineData("/{a{b}}", "brace")]
    [InlineData("/a\\", "backslash")]
    [InlineData("/:", "colon")]
    [InlineData("https://example.com\\:port/", "port")]
    public void A_pattern_that_cannot_be_used_is_refused_with_the_reason(string pattern, string reason)
    {
        Assert.False(TopicMatcher.TryParse(MatcherType.UrlPattern, pattern, Hub, out _, out string? complaint));
        Assert.Contains(reason, complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_literal_pattern_selects_itself_and_nothing_else()
    {
        Gen<string> paths = Gen.Elements("a", "b", "C", "-", "/", "~", "1", ".x", "%20", "!", ",").ArrayOf().Select(parts => "/" + string.Concat(parts));

        Prop.ForAll(paths.ToArbitrary(), paths.ToArbitrary(), (path, other) =>
        {
            TopicMatcher matcher = TopicMatcher.UrlPattern($"https://example.com{path}");

            Assert.True(matcher.Matches($"https://example.com{path}"));
            Assert.Equal(path == other, matcher.Matches($"https://example.com{other}"));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Any_text_is_a_pattern_or_is_refused_with_a_complaint()
    {
        Gen<string> texts = Gen.OneOf(
            ArbMap.Default.GeneratorFor<NonEmptyString>().Select(text => text.Get),
            Gen.Elements("https", ":", "//", "a", "/", "*", "?", "+", "{", "}", "(", ")", "[", "]", "\\", ":id", "#", "@", "b|c", "(?:", "(\\d+)", "{/x}?", "^", "-", "80", "&&", "{2,3}", ".")
                .NonEmptyListOf().Select(string.Concat));

        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            bool parsed = TopicMatcher.TryParse(MatcherType.UrlPattern, text, Hub, out TopicMatcher? matcher, out string? complaint);

            Assert.Equal(parsed, complaint is null);
            _ = matcher?.Matches("https://example.com/a/id/80");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public void Equal_patterns_are_one_and_differ_by_text_base_and_type()
    {
        TopicMatcher pattern = TopicMatcher.UrlPattern("/books/:id", Hub);

        Assert.Same(pattern, TopicMatcher.UrlPattern("/books/:id", new Uri("https://example.com/.well-known/mercure")));
        Assert.Equal(pattern, new UrlPatternMatcher("/books/:id", BaseUrls.Of(Hub)));
        Assert.NotEqual(pattern, TopicMatcher.UrlPattern("/books/:id"));
        Assert.NotEqual(pattern, TopicMatcher.UrlPattern("/books/:no", Hub));
        Assert.NotEqual(pattern, TopicMatcher.Exact("/books/:id"));
        Assert.Equal(("urlpattern", "/books/:id", "/books/:id"), (pattern.TypeName, pattern.Text, pattern.ToString()));
        Assert.Equal("uritemplate", TopicMatcher.UriTemplate("/books/{id}").TypeName);
        Assert.Equal("exact", TopicMatcher.UriTemplate("/books/1").TypeName);
        Assert.Same(TopicMatcher.All, TopicMatcher.UrlPattern("*"));
        Assert.Same(TopicMatcher.All, TopicMatcher.UriTemplate("*"));
    }

    [Fact]
    public void Overlaps_are_told_by_topic_and_otherwise_assumed()
    {
        TopicMatcher pattern = TopicMatcher.UrlPattern("/books/:id");

        Assert.True(pattern.Overlaps(TopicMatcher.Exact("/books/1")));
        Assert.True(TopicMatcher.Exact("/books/1").Overlaps(pattern));
        Assert.False(pattern.Overlaps(TopicMatcher.Exact("/films/1")));
        Assert.False(TopicMatcher.Exact("/films/1").Overlaps(pattern));
        Assert.True(pattern.Overlaps(TopicMatcher.All));
        Assert.True(pattern.Overlaps(TopicMatcher.UriTemplate("/films/{id}")));
    }

    [Fact]
    public void A_base_that_is_no_absolute_url_is_the_callers_mistake() =>
        Assert.Throws<ArgumentException>(() => TopicMatcher.UrlPattern("/x", new Uri("/relative", UriKind.Relative)));
}
