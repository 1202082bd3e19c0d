namespace Tidings.Browser.Tests.Showcase;

public abstract class PagesTests(IBrowser browser) : BrowserTest(browser)
{
    private const double Pace = 0.2;

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
            await Window.WaitUntilAsync("[...document.querySelectorAll('.tile-figure')].every(figure => figure.textContent)"); // from here on nothing moves
            await Window.ClickAsync($".tile a[href='{program}']");
            await Window.WaitUntilAsync("program => location.pathname === program && document.querySelector('h1')", program);
            await Window.WaitForVisibleAsync(".help-open");

            // Firefox lets a request fail whose page is left; so it is left when it has what it asked for.
            await Window.WaitUntilAsync("['/users/', '/chat/'].includes(location.pathname) || document.querySelector('#status[data-state=open]')");
        }
    }

    public sealed class InChromium(Chromium chromium) : PagesTests(chromium);

    public sealed class InFirefox(Firefox firefox) : PagesTests(firefox);
}
