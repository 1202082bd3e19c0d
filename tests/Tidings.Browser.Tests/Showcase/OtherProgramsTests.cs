namespace Tidings.Browser.Tests.Showcase;

public abstract class OtherProgramsTests(IBrowser browser) : BrowserTest(browser)
{
    private const double Pace = 0.05;

    private const string Status = "#status";

    [Fact]
    public async Task The_list_of_messages_grows_by_one_item_a_message()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/messages/");

        await Window.WaitForVisibleAsync("#messages li:nth-child(3)");
        await Window.WaitForTextAsync(Status, "open");
        await Window.WaitForTextLikeAsync("#messages li .stamp", @"^\d\d:\d\d:\d\d$");
    }

    [Fact]
    public async Task One_message_is_one_item_and_is_shown_as_text()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await Window.AnswerAsync("/events", $"{ComesBackLate}data: one\nid: 10:00:00\n\ndata: <b>two</b>\nid: 10:00:05\n\n");
        await GoToAsync(server, "/messages/");

        await Window.WaitForTextsAsync("#messages li", "10:00:05<b>two</b>", "10:00:00one");
    }

    [Fact]
    public async Task Pings_and_messages_are_shown_apart()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/pings/");

        await Window.WaitForTextWithAsync("#pings li:nth-child(5)", "ping at 20");
        await Window.WaitForTextWithAsync("#messages li", "This is a message at time");
        Assert.DoesNotContain("message", await Window.TextAsync("#pings"), StringComparison.Ordinal);
        Assert.DoesNotContain("ping", await Window.TextAsync("#messages"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cookie_travels_to_the_second_origin_with_credentials_and_only_with_them()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/pings/");
        await Window.WaitForTextAsync("#origin", Origin(server.Address));
        string cookie = await Window.TextAsync("#cookie");
        Assert.StartsWith("guest-", cookie, StringComparison.Ordinal);

        await Window.ClickAsync("#other-origin");
        await Window.WaitForTextAsync("#origin", Origin(server.SecondAddress));
        await Window.WaitForTextAsync("#cookie", cookie);
        await Window.WaitForTextAsync(Status, "open");

        await Window.ClickAsync("#credentials");
        await Window.WaitForTextAsync("#origin", Origin(server.SecondAddress));
        await Window.WaitForTextAsync("#cookie", "none");
    }

    [Fact]
    public async Task The_counters_events_reach_their_listener_and_not_onmessage()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/counting/");

        await Window.WaitForVisibleAsync("#event1 li:nth-child(3)");
        await Window.WaitForTextLikeAsync("#event1 li:last-child", @"^0Message -- \d{13}$");
        await Window.WaitForCountAsync("#rest li", 0);
    }

    [Fact]
    public async Task What_has_no_name_reaches_onmessage()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await Window.AnswerAsync("/counter", $"{ComesBackLate}event: event1\ndata: named\nid: 0\n\ndata: unnamed\nid: 1\n\nevent: event2\ndata: for nobody\nid: 2\n\n");
        await GoToAsync(server, "/counting/");

        await Window.WaitForTextsAsync("#event1 li", "0named");
        await Window.WaitForTextsAsync("#rest li", "1unnamed");
    }

    [Theory]
    [InlineData("/connect/moved")]
    [InlineData("/connect/elsewhere")]
    public async Task Redirects_are_followed(string path)
    {
        string story = await ConnectAsync(path);

        await Window.WaitForTextsAsync(
            story,
            "created; readyState 0 (connecting)",
            "open; readyState 1 (open)",
            "event 0; readyState 1 (open)",
            "close() called; readyState 2 (closed)");
    }

    [Theory]
    [InlineData("/connect/over")]
    [InlineData("/connect/wrong-type")]
    [InlineData("/connect/unavailable")]
    public async Task Any_other_answer_is_an_error_for_good(string path)
    {
        string story = await ConnectAsync(path);

        await Window.WaitForTextsAsync(story, "created; readyState 0 (connecting)", "error; readyState 2 (closed)");
        Assert.Equal(1, Window.CountOfRequests(path));
    }

    [Fact]
    public async Task An_event_carries_data_origin_id_and_as_for_any_message_no_source_and_no_ports()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/");
        string[] seen = await Window.EvaluateAsync<string[]>(
            """
            () => new Promise(resolve => {
              const source = new EventSource("/counter?last_event_id=6");
              source.addEventListener("event1", e => {
                source.close();
                resolve([e.data.slice(0, 11), e.origin, e.lastEventId, `${e.source}`, `${e.ports.length}`]);
              });
            })
            """);

        Assert.Equal(["Message -- ", Origin(server.Address), "7", "null", "0"], seen);
    }

    private static string Origin(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private async Task<string> ConnectAsync(string path)
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/connections/");
        string trial = $"[data-path='{path}']";
        await Window.ClickAsync($"{trial} button");
        return $"{trial} .story li";
    }

    public sealed class InChromium(Chromium chromium) : OtherProgramsTests(chromium);

    public sealed class InFirefox(Firefox firefox) : OtherProgramsTests(firefox);
}
