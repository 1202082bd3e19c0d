namespace Tidings.Browser.Tests.Showcase;

public abstract class ImportTests(IBrowser browser) : BrowserTest(browser)
{
    // 250 items a second: what a test does in the middle of it takes some seconds, and on a machine that is slow some more.
    private const double Pace = 10;

    // A hundred times as many.
    private const double Fast = 0.1;

    [Fact]
    public async Task Two_windows_see_every_item_and_a_reload_in_the_middle_loses_none()
    {
        const int Items = 10_000;
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        BrowserWindow second = await OpenWindowAsync();
        await second.GoToAsync(new Uri(server.Address, "/import/"));
        await OpenAndUploadAsync(server, "people.csv", "id,age\n" + string.Concat(Enumerable.Range(1, Items).Select(i => i % 4000 == 0 ? $"{i}\n" : $"{i},{i % 90}\n")));

        await second.WaitForTextAsync("#state", "Importing …");
        await second.WaitForTextAsync("#name", "people.csv");
        await second.WaitForDisabledAsync("#upload");
        await Window.WaitUntilAsync("document.querySelector('#items').textContent !== '0'");
        await Window.ReloadAsync();
        await Window.WaitForTextLikeAsync("#items", "^[1-9]"); // what there was before it came, at once

        foreach (BrowserWindow window in (BrowserWindow[])[Window, second])
        {
            await window.WaitForTextAsync("#state", "Finished.");
            await window.WaitForTextAsync("#items", "10,000");
            await window.WaitForTextAsync("#bad", "2");
            await window.WaitForTextsAsync("#bad-lines li", "line 4,001fields: 1 instead of 2", "line 8,001fields: 1 instead of 2");
            Assert.Equal(1, await window.EvaluateAsync<double>("document.querySelector('#bar').value"));
            await window.WaitForEnabledAsync("#upload");
            await window.WaitForDisabledAsync("#cancel");
            await window.WaitForTextsAsync("#columns tr:first-child > *", "id", "9,998", "9,998", "49,993,000", "1", "10,000");
        }
    }

    [Fact]
    public async Task The_page_makes_a_file_of_50_MB_and_all_of_it_is_imported()
    {
        ShowcaseServer server = await StartShowcaseAsync(Fast);
        await GoToAsync(server, "/import/");
        await Window.ClickAsync("#make");
        await Window.WaitUntilAsync("document.querySelector('#state').textContent === 'Finished.'");
        await Window.WaitForTextAsync("#items", "50,000");
        await Window.WaitForTextAsync("#bad", "5");
        Assert.Matches(@"^5\d\.\d MB of 5\d\.\d MB$", await Window.TextAsync("#bytes"));
        await Window.WaitForTextAsync("#columns tr:nth-child(2) th", "name");
    }

    [Fact]
    public async Task Any_window_can_cancel_it()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        BrowserWindow second = await OpenWindowAsync();
        await second.GoToAsync(new Uri(server.Address, "/import/"));
        await OpenAndUploadAsync(server, "long.csv", "a,b\n" + string.Concat(Enumerable.Repeat("1,2\n", 200_000)));
        await second.WaitForTextAsync("#state", "Importing …");
        await second.ClickAsync("#cancel");

        await second.WaitForTextAsync("#state", "Cancelled.");
        await Window.WaitForTextAsync("#state", "Cancelled.");
        await Window.WaitForEnabledAsync("#upload");
        await Window.WaitForHiddenAsync("#result");
    }

    [Fact]
    public async Task A_server_that_was_started_again_has_no_import_and_the_page_shows_that()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await OpenAndUploadAsync(server, "long.csv", "a,b\n" + string.Concat(Enumerable.Repeat("1,2\n", 200_000)));
        await Window.WaitForTextAsync("#state", "Importing …");
        await server.KillAsync();
        await Window.WaitForTextAsync("#status", "connecting");

        // The import has died with the server, and the page says so by showing what is: nothing.
        await StartShowcaseAsync(Pace, sameAs: server);
        await Window.WaitForVisibleAsync("#empty");
        await Window.WaitForHiddenAsync("#import");
        await Window.WaitForEnabledAsync("#upload");
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_not_even_sent()
    {
        ShowcaseServer server = await StartShowcaseAsync(Fast);
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.csv");
        try
        {
            await using (var file = new FileStream(path, FileMode.CreateNew))
            {
                file.SetLength((200 * 1024 * 1024) + 1);
            }

            await GoToAsync(server, "/import/");
            await Window.WaitForEnabledAsync("#upload");
            await Window.ChooseFileAsync("#file", path);
            await Window.WaitUntilAsync("document.querySelector('#file').files.length === 1");
            await Window.ClickAsync("#upload");
            await Window.WaitForTextAsync("#error-text", "The file is larger than 209.7 MB.");
            Assert.Equal(0, Window.CountOfRequests("/imports"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Names_and_columns_are_shown_as_text()
    {
        const string Hostile = "<img src=x onerror=x()>";
        ShowcaseServer server = await StartShowcaseAsync(Fast);
        await OpenAndUploadAsync(server, $"{Hostile}.csv", $"id,{Hostile}\n1,2\n");

        await Window.WaitForTextAsync("#state", "Finished.");
        await Window.WaitForTextAsync("#name", $"{Hostile}.csv");
        await Window.WaitForTextAsync("#columns tr:nth-child(2) th", Hostile);
        await Window.WaitForCountAsync("main img", 0);
    }

    private async Task OpenAndUploadAsync(ShowcaseServer server, string name, string csv)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tidings-import-");
        try
        {
            string path = Path.Combine(directory.FullName, name);
            await File.WriteAllTextAsync(path, csv);
            await GoToAsync(server, "/import/");
            await Window.ChooseFileAsync("#file", path);
            await Window.ClickAsync("#upload");
            await Window.WaitForTextLikeAsync("#state", "^(Importing …|Finished.)$"); // The browser has read all of it.
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    public sealed class InChromium(Chromium chromium) : ImportTests(chromium);

    [LongForm]
    public sealed class InFirefox(Firefox firefox) : ImportTests(firefox);
}
