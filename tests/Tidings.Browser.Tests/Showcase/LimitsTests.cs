namespace Tidings.Browser.Tests.Showcase;

/// <summary>Thirty streams of one page, in the three ways of the page <c>/limits/</c>.</summary>
public abstract class LimitsTests(IBrowser browser) : BrowserTest(browser)
{
    private const double Pace = 0.2;
    private const string Figures = "['open', 'streams', 'connections', 'protocol'].map(id => document.getElementById(id).textContent)";

    [Fact]
    public async Task Over_HTTP_1_six_EventSources_are_open_and_the_others_wait()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await OpenPanelAsync(Window, server.SecondAddress, "native");

        await WaitForFiguresAsync(Window, "6", "6", "6", "HTTP/1.1");

        // The seventh would have come by now, as the first six have.
        await Window.EvaluateAsync("new Promise(resolve => setTimeout(resolve, 1000))");
        Assert.Equal(["6", "6", "6", "HTTP/1.1"], await Window.EvaluateAsync<string[]>(Figures));

        await Window.ClickAsync("#toggle");
        await Window.WaitForTextAsync("#open", "0");
        await Window.ClickAsync("#toggle");
        await Window.WaitForTextAsync("#open", "6");
    }

    [Fact]
    public async Task Over_HTTP_1_thirty_shared_sources_have_one_connection()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await OpenPanelAsync(Window, server.Address, "shared");

        await WaitForFiguresAsync(Window, "30", "1", "1", "HTTP/1.1");
    }

    [Fact]
    public async Task Over_HTTP_2_thirty_EventSources_have_one_connection()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        BrowserWindow window = await OpenWindowAsync(await NewProfileAsync(acceptsAnyCertificate: true));
        await OpenPanelAsync(window, server.SecureAddress, "secure");

        await WaitForFiguresAsync(window, "30", "30", "1", "HTTP/2");
    }

    [Fact]
    public async Task The_page_shows_all_three_and_what_to_do_while_the_certificate_is_not_trusted()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/limits/");
        await Window.WaitForVisibleAsync("#untrusted");
        await Window.WaitForHiddenAsync("#secure");
        Assert.Equal(new Uri(server.SecureAddress, "/limits/panel.html?way=secure").AbsoluteUri, await Window.EvaluateAsync<string>("document.getElementById('secure-link').href"));

        BrowserWindow trusting = await OpenWindowAsync(await NewProfileAsync(acceptsAnyCertificate: true));
        await trusting.GoToAsync(new Uri(server.Address, "/limits/"));
        await trusting.WaitForCountAsync("[aria-busy=false]", 1);
        await trusting.WaitForVisibleAsync("#secure");
        await trusting.WaitForHiddenAsync("#untrusted");
        Assert.Equal(
            [
                new Uri(server.SecondAddress, "/limits/panel.html?way=native").AbsoluteUri,
                new Uri(server.Address, "/limits/panel.html?way=shared").AbsoluteUri,
                new Uri(server.SecureAddress, "/limits/panel.html?way=secure").AbsoluteUri,
            ],
            await trusting.EvaluateAsync<string[]>("[...document.querySelectorAll('iframe')].map(frame => frame.src)"));
    }

    private static Task OpenPanelAsync(BrowserWindow window, Uri origin, string way) => window.GoToAsync(new Uri(origin, $"/limits/panel.html?way={way}"));

    private static Task<string[]> WaitForFiguresAsync(BrowserWindow window, params string[] figures) =>
        window.WaitForAsync<string[]>(Figures, null, seen => seen.SequenceEqual(figures), $"The figures are not {string.Join(", ", figures)}.");

    /// <inheritdoc />
    public sealed class InChromium(Chromium browser) : LimitsTests(browser);

    /// <inheritdoc />
    public sealed class InFirefox(Firefox browser) : LimitsTests(browser);
}
