namespace Tidings.Browser.Tests.Showcase;

public abstract class BerthsTests(IBrowser browser) : BrowserTest(browser)
{
    // Nothing happens by itself.
    private const double Pace = 1000;

    private const string Records = "[...document.querySelectorAll('#records tr')].map(row => [...row.querySelectorAll('td:not(.actions)')].map(cell => cell.firstElementChild?.value ?? cell.textContent).join('|'))";

    [Fact]
    public async Task What_is_added_changed_and_deleted_in_one_window_shows_in_the_other()
    {
        (BrowserWindow one, BrowserWindow other) = await OpenTwoAsync();
        await one.FillAsync("#add [name=boat]", "Petrel");
        await one.FillAsync("#add [name=place]", "C7");
        await one.PressAsync("Enter");
        await WaitForRecordsAsync(other, "Halcyon|A1|Leaves with the morning tide", "Sea Campion|A4|", "Old Grey Gull|B2|Engine under repair", "Petrel|C7|");

        await other.ClickAsync("[data-id='2'] button"); // Edit
        await other.FillAsync("[data-id='2'] [aria-label=Note]", "Just painted");
        await other.PressAsync("Enter");
        await WaitForRecordsAsync(one, "Halcyon|A1|Leaves with the morning tide", "Sea Campion|A4|Just painted", "Old Grey Gull|B2|Engine under repair", "Petrel|C7|");
        await one.WaitForTextAsync("#news", "Sea Campion was changed.");

        await one.ClickAsync("[data-id='1'] button:last-child"); // Delete
        string[] records = ["Sea Campion|A4|Just painted", "Old Grey Gull|B2|Engine under repair", "Petrel|C7|"];
        await WaitForRecordsAsync(one, records);
        await WaitForRecordsAsync(other, records);
    }

    [Fact]
    public async Task A_change_is_not_overwritten_unseen()
    {
        (BrowserWindow one, BrowserWindow other) = await OpenTwoAsync();
        await EditPlaceAsync(one, "D1");
        await EditPlaceAsync(other, "D2");
        await one.PressAsync("Enter");
        await other.WaitForTextAsync("[data-id='1'] .conflict", "Changed in another window: Halcyon, D1, Leaves with the morning tide.");

        await other.ClickAsync("[data-id='1'] .actions button"); // Save
        await other.WaitForTextWithAsync("#error", "Somebody else has changed this record meanwhile. Save again to overwrite it, or cancel to keep it.");
        other.ScriptErrors.Clear(); // A browser's console tells of every refusal.
        Assert.Equal("D2", await other.EvaluateAsync<string>("document.querySelector('[data-id=\"1\"] [aria-label=Berth]').value"));
        await WaitForRecordsAsync(one, "Halcyon|D1|Leaves with the morning tide", "Sea Campion|A4|", "Old Grey Gull|B2|Engine under repair");

        await other.ClickAsync("[data-id='1'] .actions button");
        await WaitForRecordsAsync(one, "Halcyon|D2|Leaves with the morning tide", "Sea Campion|A4|", "Old Grey Gull|B2|Engine under repair");
        await other.WaitForHiddenAsync("#error");
    }

    [Fact]
    public async Task Who_cancels_has_what_the_other_window_saved_and_who_edits_what_is_deleted_is_told()
    {
        (BrowserWindow one, BrowserWindow other) = await OpenTwoAsync();
        await EditPlaceAsync(other, "D2");
        await EditPlaceAsync(one, "D1");
        await one.PressAsync("Enter");
        await other.WaitForTextWithAsync("[data-id='1'] .conflict", "D1");
        await other.PressAsync("Escape");
        await WaitForRecordsAsync(other, "Halcyon|D1|Leaves with the morning tide", "Sea Campion|A4|", "Old Grey Gull|B2|Engine under repair");

        await EditPlaceAsync(other, "D3");
        await one.ClickAsync("[data-id='1'] button:last-child");
        await other.WaitForTextAsync("#error", "Halcyon was deleted while you were editing it.");
        await WaitForRecordsAsync(other, "Sea Campion|A4|", "Old Grey Gull|B2|Engine under repair");
    }

    [Fact]
    public async Task The_table_is_true_after_a_reload_and_after_a_restart()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        (BrowserWindow one, BrowserWindow other) = await OpenTwoAsync(server);
        await EditPlaceAsync(one, "D1");
        await one.PressAsync("Enter");
        string[] records = ["Halcyon|D1|Leaves with the morning tide", "Sea Campion|A4|", "Old Grey Gull|B2|Engine under repair"];
        await WaitForRecordsAsync(other, records);
        await other.ReloadAsync();
        await WaitForRecordsAsync(other, records);

        await server.KillAsync();
        await one.WaitForTextAsync("#status", "connecting");
        await StartShowcaseAsync(Pace, sameAs: server);
        await other.ReloadAsync();
        await WaitForRecordsAsync(other, records);
        await EditPlaceAsync(other, "D2");
        await other.PressAsync("Enter");
        await WaitForRecordsAsync(one, "Halcyon|D2|Leaves with the morning tide", "Sea Campion|A4|", "Old Grey Gull|B2|Engine under repair");
    }

    [Fact]
    public async Task Records_are_shown_as_text()
    {
        (BrowserWindow one, BrowserWindow other) = await OpenTwoAsync();
        await one.FillAsync("#add [name=boat]", "<img src=x onerror=x()>");
        await one.FillAsync("#add [name=place]", "<b>1</b>");
        await one.FillAsync("#add [name=note]", "\"><script>x()</script>");
        await one.PressAsync("Enter");
        await other.WaitForTextsAsync("[data-id='4'] td:not(.actions)", "<img src=x onerror=x()>", "<b>1</b>", "\"><script>x()</script>");
        await other.ClickAsync("[data-id='4'] button");
        await other.WaitForVisibleAsync("[data-id='4'] input");
        Assert.Equal("\"><script>x()</script>", await other.EvaluateAsync<string>("document.querySelector('[data-id=\"4\"] [aria-label=Note]').value"));
        Assert.Equal(0, await other.EvaluateAsync<int>("document.querySelectorAll('main :is(script, b, img)').length"));
    }

    private static async Task WaitForRecordsAsync(BrowserWindow window, params string[] records) =>
        await window.WaitForAsync<string[]>(Records, argument: null, found => found.SequenceEqual(records), $"The records are not {string.Join("; ", records)}.");

    private static async Task EditPlaceAsync(BrowserWindow window, string place)
    {
        await window.ClickAsync("[data-id='1'] button");
        await window.FillAsync("[data-id='1'] [aria-label=Berth]", place);
    }

    private async Task<(BrowserWindow One, BrowserWindow Other)> OpenTwoAsync(ShowcaseServer? server = null)
    {
        server ??= await StartShowcaseAsync(Pace);
        BrowserWindow other = await OpenWindowAsync();
        foreach (BrowserWindow window in (BrowserWindow[])[Window, other])
        {
            await window.GoToAsync(new Uri(server.Address, "/berths/"));
            await window.WaitForTextAsync("#status", "open");
        }

        return (Window, other);
    }

    public sealed class InChromium(Chromium chromium) : BerthsTests(chromium);

    [LongForm]
    public sealed class InFirefox(Firefox firefox) : BerthsTests(firefox);
}
