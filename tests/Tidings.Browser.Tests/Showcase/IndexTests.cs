namespace Tidings.Browser.Tests.Showcase;

public abstract class IndexTests(IBrowser browser) : BrowserTest(browser)
{
    private const double Pace = 0.2;

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

    [LongForm]
    public sealed class InFirefox(Firefox firefox) : IndexTests(firefox);
}
