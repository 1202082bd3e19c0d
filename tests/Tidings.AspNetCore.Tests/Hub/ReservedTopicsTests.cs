using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Tidings.AspNetCore.Tests.Hub;

public sealed class ReservedTopicsTests
{
    private static readonly PathString HubPath = new("/.well-known/mercure");

    // Mercure protocol, "Publication": whatever the spelling, scheme or host.
    public static TheoryData<string> ReservedSpellings() =>
    [
        "/.well-known/mercure", "/.well-known/mercure/", "/.well-known/mercure/subscriptions", "/.well-known/mercure/subscriptions/a/b", "/.well-known/mercure?x=1",
        "/.well-known/mercure#x", "/.well-known/mercure/?x#y", "/.well-known/mercure//", "/./.well-known/mercure", "/.well-known/./mercure/x",
        "/.well-known/x/../mercure", "/x/../.well-known/mercure/x", "/x/y/../../.well-known/mercure", "/../.well-known/mercure", "/../../../.well-known/mercure",
        "/.well-known/x/%2e%2e/mercure", "/.well-known/x/%2E%2e/mercure", "/.well-known/x/.%2e/mercure", "/.well-known/%2e/mercure", "/x/%2e%2E/.well-known/mercure",
        "/%2Ewell-known/%6Dercure/x", "/%2ewell%2Dknown/mercure", "/.well-known/m%65rcure", "/.well-known/%6d%65%72%63%75%72%65", "/%2e%77%65%6c%6c%2d%6b%6e%6f%77%6e/mercure",
        "//evil.example/.well-known/mercure/x", "///evil.example/.well-known/mercure", "https://example.com/.well-known/mercure", "http://example.com/.well-known/mercure/x",
        "HTTPS://EXAMPLE.COM/.well-known/mercure", "https:/.well-known/mercure", "https:.well-known/../mercure", "https:\\\\example.com\\.well-known\\mercure",
        "https://user:password@example.com:8443/.well-known/mercure", "https://[::1]/.well-known/mercure", "https://127.1/.well-known/mercure/x",
        "ftp://example.com/.well-known/mercure", "ws://example.com/.well-known/mercure", "file:///.well-known/mercure", "file:/.well-known/mercure",
        "foo://example.com/.well-known/mercure", "foo:/.well-known/mercure", "foo:///.well-known/mercure/x", "urn:/.well-known/mercure", "mailto:.well-known/mercure",
        "urn:/.well-known/x/../mercure", "foo:\\.well-known\\mercure", "data:.well-known/./mercure", "/.well-known\\mercure\\x", "\\.well-known\\mercure",
        "\\\\evil.example\\.well-known\\mercure", "mercure", "./mercure/x", "../.well-known/mercure", "mercure/subscriptions/x", "%6Dercure", "mercure?x", ".\\mercure",
        "?x=1", "#x", " /.well-known/mercure ", "/.well-known/x%2F/../mercure", "foo:.well-known/%2e/mercure", "blob:https:/../.well-known/mercure",
        "/.WELL-KNOWN/mercure", "https://example.com/.Well-Known/Mercure/subscriptions",
    ];

    public static TheoryData<string> FreeSpellings() =>
    [
        "/.well-known/mercurey", "/.well-known", "/.well-known/", "/a/.well-known/mercure", "https://example.com/books/1", "books", "mercurey",
        "/.well-known/mercure%2Fx", "/.well-known%2Fmercure", "/.well-known/mercure/..", "/.well-known/mercure/../x", "https://mercure", "urn:uuid:1", "mercure:x",
        "https://example.com/?/.well-known/mercure", "/.well-known/%256Dercure", "https://[broken/.well-known/x", "//",
    ];

    [Theory]
    [MemberData(nameof(ReservedSpellings))]
    public void No_spelling_of_the_hubs_own_address_gets_through(string topic) => Assert.True(ReservedTopics.IsReserved(topic, Request(HubPath), publicUrl: null));

    [Theory]
    [MemberData(nameof(FreeSpellings))]
    public void What_lies_beside_it_is_free(string topic) => Assert.False(ReservedTopics.IsReserved(topic, Request(HubPath), publicUrl: null));

    [Fact]
    public void At_least_sixty_spellings_are_tried() => Assert.True(ReservedSpellings().Count >= 60);

    [Fact]
    public void Where_a_proxy_maps_the_hub_to_another_path_both_are_reserved()
    {
        var publicUrl = new Uri("https://example.com/live/hub");

        Assert.True(ReservedTopics.IsReserved("/live/hub/subscriptions", Request(HubPath), publicUrl));
        Assert.True(ReservedTopics.IsReserved("/.well-known/mercure", Request(HubPath), publicUrl));
        Assert.False(ReservedTopics.IsReserved("/live/other", Request(HubPath), publicUrl));
    }

    [Fact]
    public void Of_a_hub_whose_public_URL_is_the_root_only_the_subscriptions_are_reserved()
    {
        var publicUrl = new Uri("https://hub.example.com/");

        Assert.True(ReservedTopics.IsReserved("/subscriptions/x", Request(HubPath), publicUrl));
        Assert.False(ReservedTopics.IsReserved("books/1", Request(HubPath), publicUrl));
        Assert.False(ReservedTopics.IsReserved("/books/100%25", Request(HubPath), publicUrl));
    }

    [Fact]
    public void Below_a_path_base_a_hub_at_the_root_is_reserved_whether_the_request_ends_with_a_slash_or_not()
    {
        foreach (string path in (string[])["", "/"])
        {
            HttpRequest request = Request(path);
            request.PathBase = "/app";
            request.HttpContext.SetEndpoint(new RouteEndpoint(static _ => Task.CompletedTask, RoutePatternFactory.Parse("/"), order: 0, metadata: null, displayName: null));

            Assert.True(ReservedTopics.IsReserved("news", request, publicUrl: null));
            Assert.False(ReservedTopics.IsReserved("https://example.com/news", request, publicUrl: null));
        }
    }

    [Theory]
    [InlineData("/.well-known/mercure")]
    [InlineData("/mercure")]
    [InlineData("/a/a")]
    [InlineData("/")]
    public void What_is_elsewhere_at_a_glance_is_elsewhere_as_a_URL(string hubPath)
    {
        int glances = 0;
        Gen<string> pieces = Gen.Elements(
            "/", "//", ".", "..", "a", "b", ":", "@", "https", "http", "urn", "foo", "mercure", "Mercure", "merc", "ure", ".well-known", "subscriptions", "%2e", "%6D", "\\", "?", "#", "x", ";", "=", "é", "[", " ");
        Prop.ForAll(pieces.NonEmptyListOf().Select(string.Concat).ToArbitrary(), text =>
        {
            if (Topic.TryParse(text, out Topic topic, out _) && ReservedTopics.IsElsewhere(topic, hubPath))
            {
                glances++;
                Assert.False(ReservedTopics.IsReserved(topic, hubPath));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
        Assert.InRange(glances, 100, 3000);
    }

    [Fact]
    public void A_hub_at_the_root_keeps_its_subscriptions_and_leaves_the_rest()
    {
        Assert.True(ReservedTopics.IsReserved("/subscriptions/x", Request("/"), publicUrl: null));
        Assert.False(ReservedTopics.IsReserved("/books/1", Request("/"), publicUrl: null));
    }

    private static HttpRequest Request(PathString path)
    {
        HttpRequest request = new DefaultHttpContext().Request;
        request.Path = path;
        return request;
    }
}
