namespace Tidings.Browser.Tests.Showcase;

/// <summary>Every page in both themes and on a phone, for people to look at: <c>artifacts/screenshots</c>. Fails on what needs no eye.</summary>
public abstract class ScreenshotTests(IBrowser browser) : BrowserTest(browser)
{
    // Soon enough something to see is there.
    private const double Pace = 0.2;

    private const int PhoneWidth = 390;
    private const int PhoneHeight = 844;

    // Whatever the index links, so that a new program is looked at as well.
    private const string Pages =
        "[...new Set([...document.querySelectorAll('a[href]')].map(link => new URL(link.href)).filter(url => url.origin === location.origin).map(url => url.pathname))]";

    [Fact]
    public async Task Every_page_of_Showcase_fits_a_phone_and_has_no_script_errors()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/");
        string[] pages = await Window.EvaluateAsync<string[]>(Pages);
        Assert.Contains("/users/", pages);
        Assert.Contains("/", pages);

        foreach (string page in pages.Append("/no/such/page"))
        {
            await GoToAsync(server, page);
            if (await Window.EvaluateAsync<bool>("!!document.querySelector('button#start')"))
            {
                await Window.ClickAsync("button#start");
            }

            await Window.WaitUntilAsync("performance.now() > 1000"); // by then events have come
            await TakeAsync($"showcase{(page == "/" ? "" : page.TrimEnd('/').Replace('/', '-'))}");
        }
    }

    [Fact]
    public async Task The_hubs_page_fits_a_phone_and_has_no_script_errors()
    {
        await using DevHub hub = await DevHub.StartAsync();
        await Window.GoToAsync(hub.Page);
        await Window.WaitForVisibleAsync("#connection[data-state='open']");
        await Window.FillAsync("#topic", "news");
        await Window.FillAsync("#data", """{"headline":"High tide","level":4.2}""");
        await Window.ClickAsync("#publish");
        await Window.WaitForCountAsync("#events > li.event", 1);
        await TakeAsync("hub");
    }

    private async Task TakeAsync(string name)
    {
        // What has just arrived may still be fading in.
        const string Settle = "document.getAnimations().filter(a => a.effect.getComputedTiming().endTime < Infinity).forEach(a => a.finish())";
        foreach (ColorScheme scheme in Enum.GetValues<ColorScheme>())
        {
            await Window.SetColorSchemeAsync(scheme);
            await Window.SetSizeAsync(1280, 900);
            await Window.EvaluateAsync(Settle);
            await Window.ScreenshotAsync(FileOf($"{name}-{scheme}"), ScreenshotArea.Page);
            await Window.SetSizeAsync(PhoneWidth, PhoneHeight);
            await Window.WaitUntilAsync($"innerWidth === {PhoneWidth}");
            int width = await Window.EvaluateAsync<int>("document.documentElement.scrollWidth");
            Assert.True(width <= PhoneWidth, $"{name} is {width} pixels wide on a phone.");
            await Window.EvaluateAsync(Settle);
            await Window.ScreenshotAsync(FileOf($"{name}-{scheme}-phone"), ScreenshotArea.Page);
        }
    }

    // From tests/X/bin/Debug/net10.0 to the root.
    private string FileOf(string name) =>
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../artifacts/screenshots", $"{Browser.Kind}".ToLowerInvariant(), $"{name.ToLowerInvariant()}.png"));

    public sealed class InChromium(Chromium chromium) : ScreenshotTests(chromium);

    [LongForm]
    public sealed class InFirefox(Firefox firefox) : ScreenshotTests(firefox);
}
