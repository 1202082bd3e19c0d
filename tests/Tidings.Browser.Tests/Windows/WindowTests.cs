using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tidings.Browser.Tests.Windows;

/// <summary>What tests of pages rely on, in both browsers.</summary>
public abstract class WindowTests(IBrowser browser) : BrowserTest(browser)
{
    private const string Page =
        """
        <!doctype html><meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><title>A page of the test</title>
        <label>Name <input id="name" value="before"></label> <input id="file" type="file"> <label><input id="box" type="checkbox"> yes</label>
        <button id="late" disabled>Late</button> <a id="next" href="/page?next">next</a><p id="out"></p>
        <script>
          window.heard = [];
          for (const type of ["click", "keydown", "input"]) addEventListener(type, e => e.isTrusted && heard.push(`${type} ${e.target.id} ${e.key ?? ""}`.trim()));
          new BroadcastChannel("test").onmessage = e => document.querySelector("#out").textContent = e.data;
        </script>
        """;

    [Fact]
    public async Task Input_is_a_users()
    {
        await using WebApplication site = await StartSiteAsync();
        await Window.GoToAsync(AddressOf(site));
        await Window.FillAsync("#name", "Ünï ☃");
        await Window.PressAsync("Tab");
        await Window.PressAsync("Shift+Tab");
        await Window.PressAsync("Enter");
        await Window.ClickAsync("#box");
        await Window.EvaluateAsync("setTimeout(() => document.querySelector('#late').disabled = false, 300)");
        await Window.ClickAsync("#late");

        Assert.Equal("Ünï ☃", await Window.EvaluateAsync<string>("document.querySelector('#name').value"));
        Assert.True(await Window.EvaluateAsync<bool>("document.querySelector('#box').checked"));
        string[] heard = await Window.EvaluateAsync<string[]>("heard");
        Assert.Contains("input name", heard);
        Assert.Contains("keydown name Enter", heard);
        Assert.Equal("click late", heard[^1]);
    }

    [Fact]
    public async Task A_file_is_chosen()
    {
        await using WebApplication site = await StartSiteAsync();
        await Window.GoToAsync(AddressOf(site));
        string file = Path.Combine(AppContext.BaseDirectory, "mercure.md");
        await Window.ChooseFileAsync("#file", file);

        Assert.Equal(new FileInfo(file).Length, await Window.EvaluateAsync<long>("async () => (await document.querySelector('#file').files[0].arrayBuffer()).byteLength"));
    }

    [Fact]
    public async Task Windows_of_a_profile_share_what_those_of_another_do_not_see()
    {
        await using WebApplication site = await StartSiteAsync();
        BrowserWindow second = await OpenWindowAsync();
        BrowserWindow stranger = await OpenWindowAsync(await NewProfileAsync());
        foreach (BrowserWindow window in (BrowserWindow[])[Window, second, stranger])
        {
            await window.GoToAsync(AddressOf(site));
            await window.WaitUntilAsync("document.visibilityState === 'visible'");
        }

        await Window.EvaluateAsync("() => { document.cookie = 'a=b'; localStorage.c = 'd'; navigator.locks.request('e', () => new Promise(() => {})); }");
        await Window.EvaluateAsync("new BroadcastChannel('test').postMessage('hello')");
        await second.WaitForTextAsync("#out", "hello");
        const string Shared = "async () => [document.cookie, localStorage.c ?? '', `${(await navigator.locks.query()).held.length}`]";
        Assert.Equal(["a=b", "d", "1"], await second.EvaluateAsync<string[]>(Shared));
        Assert.Equal(["", "", "0"], await stranger.EvaluateAsync<string[]>(Shared));
        Assert.Equal("", await stranger.TextAsync("#out"));
    }

    [Fact]
    public async Task The_history_is_walked_and_the_page_loaded_again()
    {
        await using WebApplication site = await StartSiteAsync();
        await Window.GoToAsync(AddressOf(site));
        await Window.EvaluateAsync("() => { window.mark = 'left'; }");
        await Window.ClickAsync("#next");
        await Window.WaitUntilAsync("location.search === '?next'");
        await Window.EvaluateAsync("() => { window.mark = 'to be gone'; }");
        await Window.ReloadAsync();
        Assert.Null(await Window.EvaluateAsync<string?>("window.mark"));
        await Window.GoBackAsync();
        Assert.Equal("", await Window.EvaluateAsync<string>("location.search"));
        Assert.Equal("left", await Window.EvaluateAsync<string>("window.mark")); // the page itself is back, from the back-forward cache
        Assert.Equal(["/page", "/page?next", "/page?next"], Window.Requests.Take(3).Select(url => new Uri(url).PathAndQuery));
    }

    [Fact]
    public async Task Size_and_colours_are_as_set_and_the_screenshot_is_a_picture()
    {
        await using WebApplication site = await StartSiteAsync();
        await Window.GoToAsync(AddressOf(site));
        const string Seen = "`${innerWidth} x ${innerHeight}, ${matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'}`";
        await WaitForAsync("1280 x 720, light");
        await Window.SetSizeAsync(390, 844);
        await Window.SetColorSchemeAsync(ColorScheme.Dark);
        await WaitForAsync("390 x 844, dark");
        await Window.ReloadAsync();
        await WaitForAsync("390 x 844, dark");

        string file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.png");
        try
        {
            await Window.ScreenshotAsync(file);
            byte[] picture = await File.ReadAllBytesAsync(file);
            Assert.Equal("PNG"u8, picture.AsSpan(1, 3));
        }
        finally
        {
            File.Delete(file);
        }

        Task WaitForAsync(string expected) => Window.WaitForAsync<string>(Seen, null, seen => seen == expected, $"The page does not see {expected}.");
    }

    [Fact]
    public async Task What_goes_wrong_in_scripts_is_told()
    {
        await using WebApplication site = await StartSiteAsync();
        await Window.GoToAsync(AddressOf(site));
        await Window.EvaluateAsync("() => { console.log('said'); console.warn('warned'); console.error('complained'); }");
        await Window.EvaluateAsync("setTimeout(() => { throw new Error('thrown') })");
        await Window.EvaluateAsync("() => { Promise.reject('rejected') }");
        await Window.EvaluateAsync("fetch('/no/such/page').then(() => 0)");
        await Window.WaitForAsync<int>("0", null, _ => Window.ScriptErrors.Count >= 3, "Nothing was told.");

        Assert.Equal(3, Window.ScriptErrors.Count);
        Assert.Contains(Window.ScriptErrors, error => error == "complained");
        Assert.Contains(Window.ScriptErrors, error => error.Contains("thrown", StringComparison.Ordinal));
        Assert.Contains(Window.ScriptErrors, error => error.Contains("rejected", StringComparison.Ordinal));
        Assert.Contains("said", Window.Console);
        Window.ScriptErrors.Clear();
        ScriptException thrown = await Assert.ThrowsAsync<ScriptException>(() => Window.EvaluateAsync("() => { throw new Error('of the test') }"));
        Assert.Contains("of the test", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_network_nothing_is_reached_until_it_is_back()
    {
        await using WebApplication site = await StartSiteAsync();
        await Window.GoToAsync(AddressOf(site));
        const string Reach = "async () => `${navigator.onLine}, ${await fetch('/page', { cache: 'no-store' }).then(r => r.status, e => e.name)}`";
        await Profile.SetOfflineAsync(true);
        await Window.WaitUntilAsync("!navigator.onLine");
        Assert.Equal("false, TypeError", await Window.EvaluateAsync<string>(Reach));
        await Profile.SetOfflineAsync(false);
        await Window.WaitUntilAsync("navigator.onLine");
        Assert.Equal("true, 200", await Window.EvaluateAsync<string>(Reach));
    }

    [Fact]
    public async Task A_frozen_page_stands_still_and_a_crashed_one_gives_its_locks_away()
    {
        await using WebApplication site = await StartSiteAsync();
        BrowserWindow second = await OpenWindowAsync();
        await Window.GoToAsync(AddressOf(site));
        await second.GoToAsync(AddressOf(site));
        await Window.EvaluateAsync("() => { navigator.locks.request('leader', () => new Promise(() => {})); window.channel = new BroadcastChannel('test'); setInterval(() => channel.postMessage(`${performance.now()}`), 10); }");
        await second.WaitForTextLikeAsync("#out", ".+");

        await Window.FreezeAsync();
        string last = "";
        await second.WaitForAsync<string>(
            "async () => { const seen = out.textContent; await new Promise(resolve => setTimeout(resolve, 200)); return out.textContent === seen ? seen : ''; }",
            null,
            seen => (last = seen).Length > 0,
            "The frozen page goes on.");
        await Window.ThawAsync();
        await second.WaitUntilAsync("last => out.textContent !== last", last);

        await second.EvaluateAsync("() => { navigator.locks.request('leader', () => { window.leads = true; return new Promise(() => {}); }); }");
        Assert.False(await second.EvaluateAsync<bool>("!!window.leads"));
        await Window.CrashAsync();
        await second.WaitUntilAsync("window.leads");
    }

    [Fact]
    public async Task A_certificate_that_nobody_has_signed_is_taken_on_request()
    {
        await using WebApplication site = await StartSiteAsync(isEncrypted: true);
        BrowserWindow trusting = await OpenWindowAsync(await NewProfileAsync(acceptsAnyCertificate: true));
        await trusting.GoToAsync(AddressOf(site));
        Assert.Equal("https:", await trusting.EvaluateAsync<string>("location.protocol"));
        await Assert.ThrowsAnyAsync<Exception>(() => Window.GoToAsync(AddressOf(site)));
    }

    [Fact]
    public async Task Requests_are_answered_by_the_test()
    {
        await using WebApplication site = await StartSiteAsync();
        await Window.GoToAsync(AddressOf(site));
        const string Fetch = "fetch('/answered?query').then(async r => `${r.status} ${r.headers.get('content-type')} ${await r.text()}`)";
        await Window.AnswerAsync("/answered", "data: one — ☃\n\n", status: 201);
        Assert.Equal("201 text/event-stream data: one — ☃\n\n", await Window.EvaluateAsync<string>(Fetch));
        await Window.StopAnsweringAsync();
        Assert.StartsWith("404 ", await Window.EvaluateAsync<string>(Fetch), StringComparison.Ordinal);
    }

    private static Uri AddressOf(WebApplication site) => new($"{new Uri(site.Urls.Single()).Scheme}://localhost:{new Uri(site.Urls.Single()).Port}/page");

    private static async Task<WebApplication> StartSiteAsync(bool isEncrypted = false)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (isEncrypted)
            {
                listen.UseHttps(TestCertificate.New());
            }
        }));
        WebApplication site = builder.Build();
        site.MapGet("/page", () => TypedResults.Content(Page, "text/html"));
        await site.StartAsync();
        return site;
    }

    public sealed class InChromium(Chromium chromium) : WindowTests(chromium);

    public sealed class InFirefox(Firefox firefox) : WindowTests(firefox);
}
