namespace Tidings.Browser.Tests.Showcase;

public abstract class ChatTests(IBrowser browser) : BrowserTest(browser)
{
    // Five minutes without a stream: whoever comes back in that time has not left.
    private const double Patient = 30;

    // Half a minute: more than a page needs to load, on a machine that stands still for a while, too.
    private const double Impatient = 3;

    private const string Lines = "[...document.querySelectorAll('#lines li')].map(line => [...line.querySelectorAll('strong, span')].map(part => part.textContent).join(' '))";

    [Fact]
    public async Task Two_windows_talk_and_show_the_same()
    {
        (BrowserWindow ann, BrowserWindow ben) = await JoinTwoAsync(Patient);
        await SayAsync(ann, "Hello Ben");
        await SayAsync(ann, "How are you?"); // Without waiting for the first.
        await WaitForLinesAsync(ben, "Ann has joined", "Ben has joined", "Ann Hello Ben", "Ann How are you?");
        await SayAsync(ben, "Hello Ann");

        string[] lines = ["Ann has joined", "Ben has joined", "Ann Hello Ben", "Ann How are you?", "Ben Hello Ann"];
        await WaitForLinesAsync(ann, lines);
        await WaitForLinesAsync(ben, lines);
        await ann.WaitForTextsAsync("#users li", "Ann", "Ben");
        await ben.WaitForTextsAsync("#users li", "Ann", "Ben");
        await ann.WaitForTextAsync("#count", "2");
        Assert.Equal("", await ann.EvaluateAsync<string>("document.querySelector('#text').value"));

        await ben.ClickAsync("#leave");
        await ben.WaitForVisibleAsync("#join");
        await WaitForLinesAsync(ann, [.. lines, "Ben has left"]);
        await ann.WaitForTextsAsync("#users li", "Ann");
    }

    [Fact]
    public async Task Reloading_is_not_leaving_but_closing_the_window_is()
    {
        (BrowserWindow ann, BrowserWindow ben) = await JoinTwoAsync(Impatient);
        await ben.ReloadAsync();
        await WaitForLinesAsync(ben, "Ann has joined", "Ben has joined");
        await ben.WaitForTextAsync("#me", "Ben");
        await SayAsync(ben, "Still here");
        await WaitForLinesAsync(ann, "Ann has joined", "Ben has joined", "Ben Still here");

        await ben.DisposeAsync();
        await WaitForLinesAsync(ann, "Ann has joined", "Ben has joined", "Ben Still here", "Ben has left");
        await ann.WaitForTextsAsync("#users li", "Ann");
    }

    [Fact]
    public async Task A_server_that_is_killed_and_started_again_knows_all_and_nothing_is_lost_or_repeated()
    {
        ShowcaseServer server = await StartShowcaseAsync(Patient);
        (BrowserWindow ann, BrowserWindow ben) = await JoinTwoAsync(server);
        await SayAsync(ann, "Before");
        await WaitForLinesAsync(ben, "Ann has joined", "Ben has joined", "Ann Before");
        await server.KillAsync();
        await ann.WaitForTextAsync("#status", "connecting");

        await StartShowcaseAsync(Patient, sameAs: server);
        await SayAsync(ann, "After"); // Sent before the streams are back.
        string[] lines = ["Ann has joined", "Ben has joined", "Ann Before", "Ann After"];
        await WaitForLinesAsync(ann, lines);
        await WaitForLinesAsync(ben, lines);
        await ben.WaitForTextAsync("#status", "open");
        await ben.ReloadAsync();
        await WaitForLinesAsync(ben, lines);
        await ben.WaitForTextsAsync("#users li", "Ann", "Ben");
    }

    [Fact]
    public async Task Names_and_messages_are_shown_as_text()
    {
        const string Name = "<img src=x onerror=x()>";
        const string Text = "<script>x()</script><b>bold</b> &amp;";
        await OpenAsync(Window, await StartShowcaseAsync(Patient));
        await JoinAsync(Window, Name);
        await SayAsync(Window, Text);

        string[] lines = [$"{Name} has joined", $"{Name} {Text}"];
        await WaitForLinesAsync(Window, lines);
        await Window.ReloadAsync();
        await WaitForLinesAsync(Window, lines);
        await Window.WaitForTextsAsync("#users li", Name);
        Assert.Equal(0, await Window.EvaluateAsync<int>("document.querySelectorAll('main :is(script, b, img)').length"));
    }

    [Fact]
    public async Task What_is_wrong_is_shown_and_can_be_mended()
    {
        ShowcaseServer server = await StartShowcaseAsync(Patient);
        await OpenAsync(Window, server);
        await JoinAsync(Window, "Ann");
        BrowserWindow other = await OpenWindowAsync();
        await OpenAsync(other, server);

        await other.FillAsync("#name", "ANN");
        await other.PressAsync("Enter");
        await other.WaitForTextAsync("#error", "ANN is here already. Choose another name.");
        other.ScriptErrors.Clear(); // A browser's console tells of every refusal.
        await other.EvaluateAsync("document.querySelector('#name').removeAttribute('maxlength')");
        await other.FillAsync("#name", new string('x', 31));
        await other.PressAsync("Enter");
        await other.WaitForTextAsync("#error", "The name has 31 characters; 30 is the most.");
        other.ScriptErrors.Clear();
        await JoinAsync(other, "Ben");
        await other.WaitForHiddenAsync("#error");
    }

    [Fact]
    public async Task Who_was_away_for_too_long_is_told_so_and_can_join_again()
    {
        await OpenAsync(Window, await StartShowcaseAsync(Patient));
        await JoinAsync(Window, "Ann");
        await Window.EvaluateAsync("async () => { await fetch(sessionStorage.getItem('chat-address'), { method: 'DELETE' }); }");
        await Window.WaitForTextAsync("#error", "You have left.");
        await Window.EvaluateAsync("address => sessionStorage.setItem('chat-address', address)", "/chat/users/0123456789abcdef");
        await Window.ReloadAsync();
        await Window.WaitForTextAsync("#error", "You were away for too long. Join again.");
        Window.ScriptErrors.Clear(); // A browser's console tells of every refusal.

        await JoinAsync(Window, "Ann");
        await WaitForLinesAsync(Window, "Ann has joined", "Ann has left", "Ann has joined");
    }

    private static async Task WaitForLinesAsync(BrowserWindow window, params string[] lines) =>
        await window.WaitForAsync<string[]>(Lines, argument: null, found => found.SequenceEqual(lines), $"The conversation is not {string.Join(" | ", lines)}.");

    private static Task OpenAsync(BrowserWindow window, ShowcaseServer server) => window.GoToAsync(new Uri(server.Address, "/chat/"));

    private static async Task JoinAsync(BrowserWindow window, string name)
    {
        await window.FillAsync("#name", name);
        await window.PressAsync("Enter");
        await window.WaitForTextAsync("#status", "open");
    }

    private static async Task SayAsync(BrowserWindow window, string text)
    {
        await window.FillAsync("#text", text);
        await window.PressAsync("Enter");
    }

    private async Task<(BrowserWindow Ann, BrowserWindow Ben)> JoinTwoAsync(double pace) => await JoinTwoAsync(await StartShowcaseAsync(pace));

    private async Task<(BrowserWindow Ann, BrowserWindow Ben)> JoinTwoAsync(ShowcaseServer server)
    {
        BrowserWindow ben = await OpenWindowAsync();
        await OpenAsync(Window, server);
        await JoinAsync(Window, "Ann");
        await OpenAsync(ben, server);
        await JoinAsync(ben, "Ben");
        await WaitForLinesAsync(Window, "Ann has joined", "Ben has joined");
        return (Window, ben);
    }

    public sealed class InChromium(Chromium chromium) : ChatTests(chromium);

    [LongForm]
    public sealed class InFirefox(Firefox firefox) : ChatTests(firefox);
}
