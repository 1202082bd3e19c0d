namespace Tidings.Browser.Tests.Showcase;

public sealed class RandomUsersTests(Chromium chromium) : BrowserTest(chromium)
{
    // A person every 100 ms, back after 250 ms.
    private const double Fast = 0.05;

    // So slow that a test can act in the middle: a person every 400 ms, back after a second.
    private const double Slow = 0.2;

    private ILocator Cards => Page.Locator("#users .card");

    private ILocator Start => Page.Locator("#start");

    private ILocator Stop => Page.Locator("#stop");

    private ILocator Status => Page.Locator("#status");

    private ILocator Error => Page.Locator("#error");

    [Fact]
    public async Task Ten_people_arrive_and_the_page_recognises_the_end()
    {
        await OpenPageAsync();
        await Start.ClickAsync();

        await Expect(Cards).ToHaveCountAsync(10);
        await Expect(Page.Locator("#end")).ToBeVisibleAsync();
        await Expect(Status).ToHaveTextAsync("disconnected");
        await Expect(Error).ToBeHiddenAsync();
        Assert.Equal(Ids(1, 10), await IdsOfCardsAsync());
        Assert.Equal(1, CountOfRequests("/getUsers"));
        await Expect(Cards.First.Locator("h2")).ToHaveTextAsync(Matching(@"^\w+ \w+ [\w' ]+$"));
        Assert.True(await Cards.First.Locator("img").EvaluateAsync<bool>("async picture => { await picture.decode(); return picture.naturalWidth > 0; }"));
    }

    [Fact]
    public async Task Start_and_stop_take_turns_and_the_server_notices_that_its_client_left()
    {
        ShowcaseServer server = await OpenPageAsync(Slow);
        await Expect(Start).ToBeEnabledAsync();
        await Expect(Stop).ToBeDisabledAsync();
        await Expect(Status).ToHaveTextAsync("disconnected");

        await Start.ClickAsync();
        await Expect(Start).ToBeDisabledAsync();
        await Expect(Stop).ToBeEnabledAsync();
        await Expect(Status).ToHaveTextAsync("open");
        await Expect(Cards).Not.ToHaveCountAsync(0);

        await Stop.ClickAsync();
        await Expect(Start).ToBeEnabledAsync();
        await Expect(Stop).ToBeDisabledAsync();
        await Expect(Status).ToHaveTextAsync("disconnected");
        await server.WaitForLogAsync("A client left before user");

        await Start.ClickAsync();
        await Expect(Cards).ToHaveCountAsync(10);
        Assert.Equal(Ids(1, 10), await IdsOfCardsAsync());
    }

    [Fact]
    public async Task Nobody_is_lost_or_repeated_when_the_server_is_killed_and_started_again_in_the_middle()
    {
        ShowcaseServer server = await OpenPageAsync(Slow);
        await Start.ClickAsync();
        await Expect(Cards.Nth(2)).ToBeVisibleAsync();

        await server.KillAsync();
        await Expect(Error).ToContainTextAsync("The connection was lost");
        await Expect(Status).ToHaveTextAsync("connecting");
        string[] before = await IdsOfCardsAsync();
        Assert.InRange(before.Length, 3, 9);

        await StartShowcaseAsync(Slow, sameAs: server);
        await Expect(Cards).ToHaveCountAsync(10);
        await Expect(Page.Locator("#end")).ToBeVisibleAsync();
        await Expect(Error).ToBeHiddenAsync();
        Assert.Equal(Ids(1, 10), await IdsOfCardsAsync());
    }

    [Fact]
    public async Task A_client_that_has_everything_is_told_so_by_204_and_does_not_ask_again()
    {
        await OpenPageAsync();

        // Unlike the page, this client does not close at the end: it comes back, with -1, as an EventSource does.
        int readyState = await Page.EvaluateAsync<int>(
            """
            () => new Promise(resolve => {
              const source = new EventSource("/getUsers?last_event_id=9");
              source.onerror = () => source.readyState === EventSource.CLOSED && resolve(source.readyState);
            })
            """);
        Assert.Equal(2, readyState);
        Assert.Equal(2, CountOfRequests("/getUsers"));

        // In the time of ten people it could have come back several times.
        await Start.ClickAsync();
        await Expect(Cards).ToHaveCountAsync(10);
        Assert.Equal(3, CountOfRequests("/getUsers"));
    }

    [Fact]
    public async Task Hostile_text_is_shown_as_text()
    {
        const string Hostile = "<img src=x onerror='document.title=`owned`'><script>document.title='owned'</script>&amp;";
        await OpenPageAsync();
        await AnswerAsync("/getUsers", Event(Record(Hostile), "1") + End);
        await Start.ClickAsync();

        await Expect(Cards).ToHaveCountAsync(1);
        await Expect(Cards.Locator("h2")).ToHaveTextAsync($"Ms {Hostile} {Hostile}");
        await Expect(Cards.Locator("p")).ToHaveTextAsync([$"@{Hostile} · 40", Hostile]);
        await Expect(Cards.Locator("img")).ToHaveCountAsync(1);
        Assert.StartsWith("Random users", await Page.TitleAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("this is not JSON")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"id":{},"name":{"title":"Ms","first":"A"},"login":{"username":"a"},"email":"a@b","dob":{"age":40},"picture":{"large":"data:image/png,"}}""")]
    [InlineData("""{"id":{},"name":{"title":"Ms","first":"A","last":"B"},"login":{"username":"a"},"email":"a@b","dob":{"age":"40"},"picture":{"large":"data:image/png,"}}""")]
    [InlineData("""{"id":{},"name":{"title":"Ms","first":"A","last":"B"},"login":{"username":"a"},"email":"a@b","dob":{"age":40},"picture":{"large":"javascript:1"}}""")]
    public async Task A_bad_record_shows_an_error_and_ends(string record)
    {
        await OpenPageAsync();
        await AnswerAsync("/getUsers", Event(record, "1") + Event(Record("Later"), "2") + End);
        await Start.ClickAsync();

        await Expect(Error).ToContainTextAsync("a record that cannot be used");
        await Expect(Status).ToHaveTextAsync("disconnected");
        await Expect(Start).ToBeEnabledAsync();
        await Expect(Cards).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_refused_connection_offers_a_retry_that_works()
    {
        await OpenPageAsync();
        await AnswerAsync("/getUsers", "", status: 500);
        await Start.ClickAsync();
        await Expect(Error).ToContainTextAsync("refused");
        await Expect(Status).ToHaveTextAsync("disconnected");

        await Page.UnrouteAllAsync();
        await Page.Locator("#retry").ClickAsync();
        await Expect(Error).ToBeHiddenAsync();
        await Expect(Cards).ToHaveCountAsync(10);
    }

    [Fact]
    public async Task A_retry_after_a_lost_connection_goes_on_where_it_stopped()
    {
        ShowcaseServer server = await OpenPageAsync(Slow);
        await Start.ClickAsync();
        await Expect(Cards.Nth(2)).ToBeVisibleAsync();
        await server.KillAsync();
        await Expect(Error).ToBeVisibleAsync();
        await Page.Locator("#retry").ClickAsync();

        await StartShowcaseAsync(Slow, sameAs: server);
        await Expect(Cards).ToHaveCountAsync(10);
        Assert.Contains(Requests, url => url.Contains("?last_event_id=", StringComparison.Ordinal));
        Assert.Equal(Ids(1, 10), await IdsOfCardsAsync());
    }

    [Fact]
    public async Task A_connection_that_does_not_open_within_30_seconds_is_given_up()
    {
        await Page.Clock.InstallAsync();
        await OpenPageAsync();
        await Page.RouteAsync(url => url.EndsWith("/getUsers", StringComparison.Ordinal), _ => Task.CompletedTask); // never answered
        await Start.ClickAsync();
        await Expect(Status).ToHaveTextAsync("connecting");
        await Page.Clock.FastForwardAsync(29_000);
        await Expect(Status).ToHaveTextAsync("connecting");

        await Page.Clock.FastForwardAsync(2_000);
        await Expect(Error).ToContainTextAsync("No connection within 30 seconds");
        await Expect(Status).ToHaveTextAsync("disconnected");
        await Expect(Page.Locator("#retry")).ToBeVisibleAsync();
    }

    private const string End = "data: \nid: -1\n\n";

    private static string Event(string data, string id) => $"event: randomUser\ndata: {data}\nid: {id}\n\n";

    private static string Record(string text)
    {
        string json = System.Text.Json.JsonSerializer.Serialize(text);
        return $$$"""{"id":{"value":"1"},"name":{"title":"Ms","first":{{{json}}},"last":{{{json}}}},"login":{"username":{{{json}}}},"email":{{{json}}},"dob":{"age":40},"picture":{"large":"data:image/png,"}}""";
    }

    private static string[] Ids(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(id => $"{id}")];

    private async Task<string[]> IdsOfCardsAsync() => await Cards.EvaluateAllAsync<string[]>("cards => cards.map(card => card.dataset.id)");

    private async Task<ShowcaseServer> OpenPageAsync(double pace = Fast)
    {
        ShowcaseServer server = await StartShowcaseAsync(pace);
        await GotoAsync(server, "/users/");
        return server;
    }
}
