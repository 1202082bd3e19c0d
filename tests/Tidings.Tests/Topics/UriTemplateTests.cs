using FsCheck;
using FsCheck.Fluent;

namespace Tidings.Tests.Topics;

public sealed class UriTemplateTests
{
    // RFC 6570, section 3.2: each topic is an expansion of the template for some values.
    [Theory]
    [InlineData("/books/{id}", "/books/1")]
    [InlineData("/books/{id}", "/books/")]
    [InlineData("/books/{id}", "/books/a%20b")]
    [InlineData("/books/{id}", "/books/a,b")]
    [InlineData("/books/{id}/pages/{page}", "/books/1/pages/2")]
    [InlineData("/{+path}", "/a/b?c=d")]
    [InlineData("/x{#part}", "/x#a/b")]
    [InlineData("/x{#part}", "/x")]
    [InlineData("/file{.ext}", "/file.txt")]
    [InlineData("{/a,b}", "/x/y")]
    [InlineData("{/a,b}", "/y")]
    [InlineData("{/path*}", "/a/b/c/d")]
    [InlineData("/x{;a,b}", "/x;a=1;b")]
    [InlineData("/x{?a,b}", "/x?a=1&b=2")]
    [InlineData("/x{?a,b}", "/x?b=2")]
    [InlineData("/x{?a,b}", "/x")]
    [InlineData("/x?y{&a}", "/x?y&a=")]
    [InlineData("/x{?all*}", "/x?k=v&l=w")]
    [InlineData("/x/{a:3}", "/x/abc")]
    [InlineData("/x/{a:3}", "/x/%C3%BC%C3%BCc")]
    [InlineData("{+a:4}/x", "a/bc/x")]
    [InlineData("/é/{x}", "/%C3%A9/1")]
    [InlineData("/é/{x}", "/é/{x}")]
    [InlineData("/books/{id}", "/books/{id}")]
    [InlineData("{a}{b}%{c}", "xy%41%41")]
    public void A_template_selects_what_it_could_have_been_expanded_to(string template, string topic) =>
        Assert.True(TopicMatcher.UriTemplate(template).Matches(topic));

    [Theory]
    [InlineData("/books/{id}", "/books/1/2")]
    [InlineData("/books/{id}", "/books/a b")]
    [InlineData("/books/{id}", "/films/1")]
    [InlineData("/books/{id}", "/books/%4")]
    [InlineData("{/a,b}", "/x/y/z")]
    [InlineData("/x{?a,b}", "/x?b=2&a=1")]
    [InlineData("/x{?a}", "/x?c=1")]
    [InlineData("/x{?a}", "/x?a")]
    [InlineData("/x/{a:3}", "/x/abcd")]
    [InlineData("/x/{a:3}", "/x/%C3%BC%C3%BC%C3%BC%C3%BC")]
    [InlineData("/x{#part}", "/xy")]
    public void A_template_selects_nothing_else(string template, string topic) => Assert.False(TopicMatcher.UriTemplate(template).Matches(topic));

    [Theory]
    [InlineData("/books/1")]
    [InlineData("/books/{")]
    [InlineData("/books/}")]
    [InlineData("/books/{}")]
    [InlineData("/books/{a b}")]
    [InlineData("/books/{=a}")]
    [InlineData("/books/{a:0}")]
    [InlineData("/books/{a:10000}")]
    [InlineData("/a b/{c}")]
    public void What_is_no_template_selects_its_own_text_and_is_found_by_hash(string text) =>
        Assert.Equal(TopicMatcher.Exact(text), TopicMatcher.UriTemplate(text));

    [Fact]
    public void Any_text_is_a_selector_that_matches_itself()
    {
        Gen<string> texts = Gen.Elements("{", "}", "a", "b", "/", "?", "*", ":", "3", ",", "+", "#", ".", ";", "&", "=", "%41", "%", "ü", "{a}", "{/b*}", "{?c,d}", "{+e:2}")
            .NonEmptyListOf().Select(string.Concat);

        Prop.ForAll(texts.ToArbitrary(), texts.ToArbitrary(), (text, topic) =>
        {
            if (TopicMatcher.TryParse(MatcherType.UriTemplate, text, null, out TopicMatcher? matcher, out string? complaint))
            {
                Assert.True(text == "*" || matcher.Matches(text));
                _ = topic == "*" || matcher.Matches(topic);
            }
            else
            {
                Assert.NotEmpty(complaint);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }
}
