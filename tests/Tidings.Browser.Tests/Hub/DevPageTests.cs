namespace Tidings.Browser.Tests.Hub;

public abstract class DevPageTests(IBrowser browser) : BrowserTest(browser)
{
    private const string Received = "#events > li.event";

    [Fact]
    public async Task The_dev_page_subscribes_publishes_and_shows_the_event()
    {
        await using DevHub hub = await DevHub.StartAsync();
        await Window.GoToAsync(hub.Page);
        await Window.WaitForVisibleAsync("#connection[data-state='open']");

        await Window.FillAsync("#topic", "news");
        await Window.FillAsync("#type", "headline");
        await Window.FillAsync("#data", "<b>high tide</b>");
        await Window.ClickAsync("#publish");

        await Window.WaitForTextsAsync($"{Received} .type", "headline");
        await Window.WaitForTextsAsync($"{Received} .data", "<b>high tide</b>");
        string id = await Window.EvaluateAsync<string>($"document.querySelector('{Received} .id').dataset.id");
        await Window.WaitForTextWithAsync("#publish-result", id);
    }

    public sealed class InChromium(Chromium chromium) : DevPageTests(chromium);

    public sealed class InFirefox(Firefox firefox) : DevPageTests(firefox);
}
