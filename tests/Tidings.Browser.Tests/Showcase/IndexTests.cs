namespace Tidings.Browser.Tests.Showcase;

public abstract class IndexTests(IBrowser browser) : BrowserTest(browser)
{
    private const double Pace = 0.02;

    private static readonly string[] Programs =
        ["/users/", "/messages/", "/pings/", "/counting/", "/chat/", "/import/", "/berths/", "/news/", "/ticker/", "/match/", "/logs/", "/sensors/"];

    [Fact]
    public async Task The_index_links_the_twelve_programs_and_each_page_opens_without_a_complaint()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/");
        Assert.Equal(Programs, await Window.EvaluateAsync<string[]>("[...document.querySelectorAll('.tile a')].map(link => link.getAttribute('href'))"));

        foreach (string program in Programs)
        {
            await GoToAsync(server, "/");
            await Window.ClickAsync($".tile a[href='{program}']");
            await Window.WaitUntilAsync("program => location.pathname === program && document.querySelector('h1')", program);
            await Window.WaitForVisibleAsync(".help-open");

            // Firefox lets a request fail whose page is left; so it is left when it has what it asked for.
            await Window.WaitUntilAsync("['/users/', '/chat/'].includes(location.pathname) || document.querySelector('#status[data-state=open]')");
        }
    }

    [Fact]
    public async Task An_address_that_there_is_not_is_a_friendly_404()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/no/such/page");

        Assert.Equal(404, await Window.EvaluateAsync<int>("performance.getEntriesByType('navigation')[0].responseStatus"));
        await Window.ClickAsync("main a");
        await Window.WaitForCountAsync(".tile", 12);
    }

    [Fact]
    public async Task Figures_of_all_programs_come_live_in_one_stream()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GoToAsync(server, "/");
        await Window.WaitUntilAsync("[...document.querySelectorAll('.tile-figure')].every(figure => figure.textContent)");
        await Window.WaitForTextAsync("[data-card=messages] output", "0 phrases sent");
        string ticker = await Window.TextAsync("[data-card=ticker] output");

        BrowserWindow second = await OpenWindowAsync();
        await second.GoToAsync(new Uri(server.Address, "/messages/"));
        await Window.WaitForTextLikeAsync("[data-card=messages] output", "^[1-9][0-9,]* phrases sent$");
        await Window.WaitUntilAsync("before => document.querySelector('[data-card=ticker] output').textContent !== before", ticker);
        Assert.Equal(1, Window.CountOfRequests("/overview"));
    }

    [Fact]
    public async Task Help_is_opened_by_its_button_and_its_key_and_closed_by_Escape()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/counting/");
        await Window.WaitForHiddenAsync("#help");
        await Window.ClickAsync(".help-open");
        await Window.WaitForVisibleAsync("#help code");
        await Window.PressAsync("Escape");
        await Window.WaitForHiddenAsync("#help");
        await Window.PressAsync("?");
        await Window.WaitForVisibleAsync("#help");
        await Window.ClickAsync("#help > button");
        await Window.WaitForHiddenAsync("#help");
    }

    public sealed class InChromium(Chromium chromium) : IndexTests(chromium);

    public sealed class InFirefox(Firefox firefox) : IndexTests(firefox);
}
