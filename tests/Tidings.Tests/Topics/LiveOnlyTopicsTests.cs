namespace Tidings.Tests.Topics;

public sealed class LiveOnlyTopicsTests
{
    [Theory]
    [InlineData(MatcherType.Exact, "*", true)]
    [InlineData(MatcherType.Exact, "/hub/subscriptions/a/b", true)]
    [InlineData(MatcherType.Exact, "/hub/subscriptions", true)]
    [InlineData(MatcherType.Exact, "/hub", false)]
    [InlineData(MatcherType.Exact, "https://example.com/books/1", false)]
    [InlineData(MatcherType.UriTemplate, "/hub/subscriptions/{topic}/{subscriber}", true)]
    [InlineData(MatcherType.UriTemplate, "/hub/{anything}", true)]
    [InlineData(MatcherType.UriTemplate, "{+url}", true)]
    [InlineData(MatcherType.UriTemplate, "/books/{id}", false)]
    [InlineData(MatcherType.UriTemplate, "https://example.com/books/{id}", false)]
    [InlineData(MatcherType.UrlPattern, "/hub/subscriptions/:type/:match/:subscriber", true)]
    [InlineData(MatcherType.UrlPattern, "https://example.com/hub/*", true)]
    [InlineData(MatcherType.UrlPattern, "https://example.com/*", true)]
    [InlineData(MatcherType.UrlPattern, "subscriptions/*", true)]
    [InlineData(MatcherType.UrlPattern, "/books/../hub/:x", true)]
    [InlineData(MatcherType.UrlPattern, "https://example.com/books/:id", false)]
    [InlineData(MatcherType.UrlPattern, "/hub", false)]
    public void A_matcher_may_select_live_only_topics_unless_its_beginning_says_that_it_cannot(MatcherType type, string text, bool expected)
    {
        var topics = new LiveOnlyTopics();
        topics.Add("/hub/subscriptions");
        Assert.True(TopicMatcher.TryParse(type, text, baseUrl: null, out TopicMatcher? matcher, out _));

        Assert.Equal(expected, topics.MayBeSelectedBy(new MatcherSet([matcher])));
    }

    [Fact]
    public void Where_no_topics_are_live_only_nobody_selects_any()
    {
        Assert.False(new LiveOnlyTopics().MayBeSelectedBy(new MatcherSet([TopicMatcher.All])));
    }
}
