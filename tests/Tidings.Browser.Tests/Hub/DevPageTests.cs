namespace Tidings.Browser.Tests.Hub;

public sealed class DevPageTests(Chromium chromium) : BrowserTest(chromium)
{
    private const string PageLine = "  page  ";

    [Fact]
    public async Task The_dev_page_subscribes_publishes_and_shows_the_event()
    {
        await using ServerProcess server = ServerProcess.Start(
            "dotnet",
            [ServerAssembly(), "serve", "--dev", "--urls", "http://127.0.0.1:0"],
            AppContext.BaseDirectory);
        string line = (await server.WaitForLinesAsync(PageLine))[0];
        await Page.GotoAsync(line[(line.IndexOf(PageLine, StringComparison.Ordinal) + PageLine.Length)..].Trim());
        await Expect(Page.Locator("#connection")).ToHaveAttributeAsync("data-state", "open");

        await Page.Locator("#topic").FillAsync("news");
        await Page.Locator("#type").FillAsync("headline");
        await Page.Locator("#data").FillAsync("<b>high tide</b>");
        await Page.Locator("#publish").ClickAsync();

        ILocator received = Page.Locator("#events > li.event");
        await Expect(received).ToHaveCountAsync(1);
        await Expect(received.Locator(".type")).ToHaveTextAsync("headline");
        await Expect(received.Locator(".data")).ToHaveTextAsync("<b>high tide</b>");
        string? id = await received.Locator(".id").GetAttributeAsync("data-id");
        await Expect(Page.Locator("#publish-result")).ToContainTextAsync(id!); // every event of the hub has one
    }

    private static string ServerAssembly()
    {
        string[] ours = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar);
        return Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../src/Tidings.Server/bin", ours[^2], ours[^1], "Tidings.Server.dll"));
    }
}
