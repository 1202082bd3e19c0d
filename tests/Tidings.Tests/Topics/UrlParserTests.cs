using FsCheck;
using FsCheck.Fluent;

namespace Tidings.Tests.Topics;

public sealed class UrlParserTests
{
    private const string Base = "https://example.com/a/b?q#f";

    // WHATWG URL, section 4.4; scheme, host, port, path, query and fragment of the result.
    [Theory]
    [InlineData("https://EXAMPLE.com:443", "https|example.com||/||")]
    [InlineData("https://example.com:8443/x y", "https|example.com|8443|/x%20y||")]
    [InlineData(" \thttp:\\\\example.com\\a\\..\\b\n ", "http|example.com||/b||")]
    [InlineData("c", "https|example.com||/a/c||")]
    [InlineData("../c?d", "https|example.com||/c|d|")]
    [InlineData("?x", "https|example.com||/a/b|x|")]
    [InlineData("#x", "https|example.com||/a/b|q|x")]
    [InlineData("//other.example", "https|other.example||/||")]
    [InlineData("https:c", "https|example.com||/a/c||")]
    [InlineData("http:c", "http|c||/||")]
    [InlineData("/x/%2e/%2E%2e/y", "https|example.com||/y||")]
    [InlineData("http://0x7f.1/", "http|127.0.0.1||/||")]
    [InlineData("http://[1:0:0::2]/", "http|[1::2]||/||")]
    [InlineData("http://ex%41mple.com/", "http|example.com||/||")]
    [InlineData("http://bücher.example/ü", "http|xn--bcher-kva.example||/%C3%BC||")]
    [InlineData("http://ＧＯ.example/", "http|go.example||/||")]
    [InlineData("urn:isbn:123 4#f", "urn|||isbn:123 4||f")]
    [InlineData("foo://H:8/../x", "foo|H|8|/x||")]
    [InlineData("file:///C|/x/../..", "file|||/C:/||")]
    [InlineData("file://localhost/x", "file|||/x||")]
    [InlineData("http://user:p%40ss@h.example/", "http|h.example||/||")]
    public void A_url_is_read_as_browsers_read_it(string input, string expected)
    {
        Url url = UrlParser.Parse(input, UrlParser.Parse(Base))!;

        Assert.Equal(expected, string.Join('|', url.Scheme, url.Host, url.Port, url.Path, url.Query, url.Fragment));
    }

    [Theory]
    [InlineData("https://")]
    [InlineData("https://a b/")]
    [InlineData("https://a:b/")]
    [InlineData("https://a:65536/")]
    [InlineData("https://1.2.3.4.5/")]
    [InlineData("https://256.1/..")]
    [InlineData("https://[::1/")]
    [InlineData("https://[1.2.3.4]/")]
    [InlineData("https://a%00b/")]
    [InlineData("foo://a<b/")]
    public void What_is_no_url_is_refused(string input) => Assert.Null(UrlParser.Parse(input, UrlParser.Parse(Base)));

    [Fact]
    public void A_relative_reference_needs_a_base_with_segments()
    {
        Assert.Null(UrlParser.Parse("x"));
        Assert.Null(UrlParser.Parse("x", UrlParser.Parse("urn:a")));
        Assert.Equal("a", UrlParser.Parse("#x", UrlParser.Parse("urn:a"))!.Path);
    }

    [Fact]
    public void Any_text_is_a_url_or_none_and_the_short_way_says_the_same_as_the_long_one()
    {
        Gen<string> texts = Gen.OneOf(
            ArbMap.Default.GeneratorFor<string?>().Select(text => text ?? ""),
            Gen.Elements("https:", "http:", "foo:", "//", "/", "\\", "a", "B", ".", "..", "%2e", "%", "?", "#", "@", ":", "[", "]", "1", "0x", "ü", " ", "example.com", "xn--", "*")
                .ArrayOf().Select(string.Concat));
        Url hub = UrlParser.Parse("https://example.com/dir/hub")!;

        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            Url? url = UrlParser.Parse(text, hub);
            bool isUrl = UrlParts.TryRead(text, hub, new char[UrlParts.ScratchLength], out UrlParts parts);

            Assert.Equal(url is not null, isUrl);
            if (url is not null)
            {
                Assert.Equal(url.Scheme, parts.Scheme.ToString());
                Assert.Equal(url.Host ?? "", parts.Host.ToString());
                Assert.Equal($"{url.Port}", parts.Port.ToString());
                Assert.Equal(url.Path, parts.Path.ToString());
                Assert.Equal(url.Query ?? "", parts.Query.ToString());
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }
}
