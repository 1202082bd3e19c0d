namespace Tidings.Browser.Tests.Showcase;

public sealed class OtherProgramsTests(Chromium chromium) : BrowserTest(chromium)
{
    private const double Pace = 0.02;

    private ILocator Status => Page.Locator("#status");

    [Fact]
    public async Task The_index_links_the_four_programs_and_each_page_opens_without_a_complaint()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GotoAsync(server, "/");
        string[] links = await Page.Locator(".tile a").EvaluateAllAsync<string[]>("links => links.map(link => link.getAttribute('href'))");
        Assert.Equal(["/users/", "/messages/", "/pings/", "/counting/"], links);

        foreach (string link in links)
        {
            await GotoAsync(server, "/");
            await Page.Locator($".tile a[href='{link}']").ClickAsync();
            await Expect(Page.Locator("h1")).ToBeVisibleAsync();
            Assert.Equal(link, new Uri(Page.Url).AbsolutePath);
        }
    }

    [Fact]
    public async Task An_address_that_there_is_not_is_a_friendly_404()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        IResponse? response = await Page.GotoAsync(new Uri(server.Address, "/no/such/page").AbsoluteUri);

        Assert.Equal(404, response?.Status);
        await Page.Locator("main a").ClickAsync();
        await Expect(Page.Locator(".tile")).ToHaveCountAsync(4);
    }

    [Fact]
    public async Task The_list_of_messages_grows_by_one_item_a_message()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GotoAsync(server, "/messages/");

        await Expect(Page.Locator("#messages li").Nth(2)).ToBeVisibleAsync();
        await Expect(Status).ToHaveTextAsync("open");
        await Expect(Page.Locator("#messages li .stamp").First).ToHaveTextAsync(Matching(@"^\d\d:\d\d:\d\d$"));
    }

    [Fact]
    public async Task One_message_is_one_item_and_is_shown_as_text()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await AnswerAsync("/events", "data: one\nid: 10:00:00\n\ndata: <b>two</b>\nid: 10:00:05\n\n");
        await GotoAsync(server, "/messages/");

        await Expect(Page.Locator("#messages li")).ToHaveTextAsync(["10:00:05<b>two</b>", "10:00:00one"]);
    }

    [Fact]
    public async Task Pings_and_messages_are_shown_apart()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GotoAsync(server, "/pings/");

        await Expect(Page.Locator("#pings li").Nth(4)).ToContainTextAsync("ping at 20");
        await Expect(Page.Locator("#messages li").First).ToContainTextAsync("This is a message at time");
        Assert.DoesNotContain("message", await Page.Locator("#pings").InnerTextAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("ping", await Page.Locator("#messages").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cookie_travels_to_the_second_origin_with_credentials_and_only_with_them()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GotoAsync(server, "/pings/");
        await Expect(Page.Locator("#origin")).ToHaveTextAsync(Origin(server.Address));
        string cookie = await Page.Locator("#cookie").InnerTextAsync();
        Assert.StartsWith("guest-", cookie, StringComparison.Ordinal);

        await Page.Locator("#other-origin").CheckAsync();
        await Expect(Page.Locator("#origin")).ToHaveTextAsync(Origin(server.SecondAddress));
        await Expect(Page.Locator("#cookie")).ToHaveTextAsync(cookie);
        await Expect(Status).ToHaveTextAsync("open");

        await Page.Locator("#credentials").UncheckAsync();
        await Expect(Page.Locator("#origin")).ToHaveTextAsync(Origin(server.SecondAddress));
        await Expect(Page.Locator("#cookie")).ToHaveTextAsync("none");
    }

    [Fact]
    public async Task The_counters_events_reach_their_listener_and_not_onmessage()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GotoAsync(server, "/counting/");

        await Expect(Page.Locator("#event1 li").Nth(2)).ToBeVisibleAsync();
        await Expect(Page.Locator("#event1 li").Last).ToHaveTextAsync(Matching(@"^0Message -- \d{13}$"));
        await Expect(Page.Locator("#rest li")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task What_has_no_name_reaches_onmessage()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await AnswerAsync("/counter", "event: event1\ndata: named\nid: 0\n\ndata: unnamed\nid: 1\n\nevent: event2\ndata: for nobody\nid: 2\n\n");
        await GotoAsync(server, "/counting/");

        await Expect(Page.Locator("#event1 li")).ToHaveTextAsync(["0named"]);
        await Expect(Page.Locator("#rest li")).ToHaveTextAsync(["1unnamed"]);
    }

    [Theory]
    [InlineData("/connect/moved")]
    [InlineData("/connect/elsewhere")]
    public async Task Redirects_are_followed(string path)
    {
        ILocator story = await ConnectAsync(path);

        await Expect(story).ToHaveTextAsync(
        [
            "created; readyState 0 (connecting)",
            "open; readyState 1 (open)",
            "event 0; readyState 1 (open)",
            "close() called; readyState 2 (closed)",
        ]);
    }

    [Theory]
    [InlineData("/connect/over")]
    [InlineData("/connect/wrong-type")]
    [InlineData("/connect/unavailable")]
    public async Task Any_other_answer_is_an_error_for_good(string path)
    {
        ILocator story = await ConnectAsync(path);

        await Expect(story).ToHaveTextAsync(["created; readyState 0 (connecting)", "error; readyState 2 (closed)"]);
        Assert.Equal(1, CountOfRequests(path));
    }

    [Fact]
    public async Task An_event_carries_data_origin_id_and_as_for_any_message_no_source_and_no_ports()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GotoAsync(server, "/");
        string[] seen = await Page.EvaluateAsync<string[]>(
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

    private async Task<ILocator> ConnectAsync(string path)
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GotoAsync(server, "/connections/");
        ILocator trial = Page.Locator($"[data-path='{path}']");
        await trial.Locator("button").ClickAsync();
        return trial.Locator(".story li");
    }
}
