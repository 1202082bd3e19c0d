using System.Globalization;

namespace Tidings.Browser.Tests.Showcase;

public abstract class MatchTests(IBrowser browser) : BrowserTest(browser)
{
    // Nothing happens by itself.
    private const double Still = 1000;

    [Fact]
    public async Task Votes_of_two_visitors_add_up_live_and_a_change_of_mind_counts_once()
    {
        ShowcaseServer server = await StartShowcaseAsync(Still);
        BrowserWindow second = await OpenWindowAsync(); // of the same visitor
        BrowserWindow other = await OpenWindowAsync(await NewProfileAsync());
        await OpenAsync(server, Window, second, other);
        BrowserWindow[] windows = [Window, second, other];

        await VoteAsync(Window, 1);
        await WaitForVotesAsync(windows, "1", "0", "0");
        await VoteAsync(other, 1);
        await WaitForVotesAsync(windows, "2", "0", "0");
        await second.WaitForVisibleAsync("#options li:nth-child(1) [aria-pressed=true]");
        await VoteAsync(second, 3);
        await WaitForVotesAsync(windows, "1", "0", "1");
        await Window.WaitForVisibleAsync("#options li:nth-child(3) [aria-pressed=true]");
        await other.WaitForVisibleAsync("#options li:nth-child(1) [aria-pressed=true]");
        await VoteAsync(second, 3);
        await VoteAsync(other, 2);
        await WaitForVotesAsync(windows, "0", "1", "1");
        await other.WaitForTextAsync("#total", "2 votes");
    }

    [Fact]
    public async Task Votes_are_there_after_a_reload_and_after_a_restart()
    {
        ShowcaseServer server = await StartShowcaseAsync(Still);
        BrowserWindow other = await OpenWindowAsync(await NewProfileAsync());
        await OpenAsync(server, Window, other);
        await VoteAsync(Window, 1);
        await WaitForVotesAsync([Window, other], "1", "0", "0");
        await server.KillAsync();
        await other.WaitForTextAsync("#status", "connecting");
        await StartShowcaseAsync(Still, sameAs: server);
        await VoteAsync(other, 2);
        await WaitForVotesAsync([Window, other], "1", "1", "0");

        await Window.ReloadAsync();
        await WaitForVotesAsync([Window], "1", "1", "0");
        await Window.WaitForVisibleAsync("#options li:nth-child(1) [aria-pressed=true]");
    }

    [Fact]
    public async Task The_match_goes_on_by_itself_and_after_a_restart_from_where_it_stood()
    {
        const double Pace = 2; // the match lasts three minutes, which nothing here does
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        BrowserWindow other = await OpenWindowAsync();
        await OpenAsync(server, Window, other);
        foreach (BrowserWindow window in (BrowserWindow[])[Window, other])
        {
            await window.WaitForAsync<string>(Minute, argument: null, text => MinuteOf(text) >= 3, "The match does not go on.");
        }

        await server.KillAsync();
        await Window.WaitForTextAsync("#status", "connecting");
        int stoodAt = MinuteOf(await Window.EvaluateAsync<string>(Minute));
        await StartShowcaseAsync(Pace, sameAs: server);
        string next = await Window.WaitForAsync<string>(Minute, argument: null, text => MinuteOf(text) != stoodAt, "The match does not go on after the restart.");
        Assert.InRange(MinuteOf(next), stoodAt + 1, 90);
        Assert.Equal("1", await Window.TextAsync("#number"));
    }

    [Fact]
    public async Task The_page_follows_goals_and_the_next_match_and_closes_the_poll_in_between()
    {
        ShowcaseServer server = await StartShowcaseAsync(pace: 0.02);
        await OpenAsync(server, Window);
        await Window.WaitForAsync<bool>("document.querySelector('#minute').textContent === 'full time' && document.querySelector('#options button').disabled", argument: null, isOver => isOver, "The match does not end.");
        string first = await Window.TextAsync("#number");
        await Window.WaitForAsync<string>("document.querySelector('#number').textContent", argument: null, number => number != first, "No match follows.");
        await Window.WaitForEnabledAsync("#options button");
        await Window.WaitForAsync<bool>(
            "Number(document.querySelector('#home-goals').textContent) + Number(document.querySelector('#away-goals').textContent) === [...document.querySelectorAll('#lines li')].filter(line => line.textContent.includes('Goal')).length && document.querySelector('#lines li:last-child').textContent.includes('Kick-off')",
            argument: null,
            isRight => isRight,
            "The score is not the sum of the goals.");
    }

    private const string Minute = "document.querySelector('#minute').textContent";

    private static int MinuteOf(string text) =>
        text.StartsWith("minute ", StringComparison.Ordinal) ? int.Parse(text["minute ".Length..], CultureInfo.InvariantCulture) : -1;

    private static Task VoteAsync(BrowserWindow window, int option) => window.ClickAsync($"#options li:nth-child({option}) button");

    private static async Task WaitForVotesAsync(BrowserWindow[] windows, params string[] votes)
    {
        foreach (BrowserWindow window in windows)
        {
            await window.WaitForTextsAsync("#options .count", votes);
        }
    }

    private static async Task OpenAsync(ShowcaseServer server, params BrowserWindow[] windows)
    {
        foreach (BrowserWindow window in windows)
        {
            await window.GoToAsync(new Uri(server.Address, "/match/"));
            await window.WaitForTextAsync("#status", "open");
        }
    }

    public sealed class InChromium(Chromium chromium) : MatchTests(chromium);

    [LongForm]
    public sealed class InFirefox(Firefox firefox) : MatchTests(firefox);
}
