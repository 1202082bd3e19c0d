using System.Net;
using Microsoft.AspNetCore.Builder;

namespace Tidings.AspNetCore.Tests.Discovery;

/// <summary>The browser's module, as an app serves it.</summary>
public sealed class BrowserScriptTests
{
    [Theory]
    [InlineData("/tidings.js")]
    [InlineData("/lib/live.js")]
    public async Task It_is_a_module_that_pages_of_any_origin_may_load(string path)
    {
        await using TestApp app = await TestApp.StartAsync(map: web => web.MapTidingsScript(path));

        using HttpResponseMessage response = await app.Client.GetAsync(path, TestApp.Cancellation);

        Assert.Equal((HttpStatusCode.OK, "text/javascript; charset=utf-8"), (response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["*"], response.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Contains("export class TidingsSource ", await response.Content.ReadAsStringAsync(TestApp.Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Browsers_keep_it_and_ask_each_time_whether_it_has_changed()
    {
        await using TestApp app = await TestApp.StartAsync(map: web => web.MapTidingsScript());
        using HttpResponseMessage first = await app.Client.GetAsync("/tidings.js", TestApp.Cancellation);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/tidings.js");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!); // there is one: asserted below
        using var head = new HttpRequestMessage(HttpMethod.Head, "/tidings.js");

        using HttpResponseMessage second = await app.Client.SendAsync(again, TestApp.Cancellation);
        using HttpResponseMessage bare = await app.Client.SendAsync(head, TestApp.Cancellation);

        Assert.Equal("no-cache", first.Headers.CacheControl?.ToString());
        Assert.False(first.Headers.ETag!.IsWeak); // not null: it was sent along
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Equal((HttpStatusCode.OK, first.Content.Headers.ContentLength), (bare.StatusCode, bare.Content.Headers.ContentLength));
        Assert.Empty(await bare.Content.ReadAsByteArrayAsync(TestApp.Cancellation));
    }

    [Fact]
    public async Task An_app_without_a_hub_can_serve_it_and_other_methods_are_refused()
    {
        await using TestApp app = await TestApp.StartAsync(map: web => web.MapTidingsScript());

        using HttpResponseMessage response = await app.Client.PostAsync("/tidings.js", content: null, TestApp.Cancellation);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }
}
