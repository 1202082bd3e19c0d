using Microsoft.Playwright;

namespace Tidings.Browser.Tests.Showcase;

public abstract class RandomUsersTests(IBrowser browser) : BrowserTest(browser)
{
    // A person every 100 ms, back after 250 ms.
    private const double Fast = 0.05;

    // So slow that a test can act in the middle, on a machine that stands still for a while, too: a person every 2 s, back after 5 s.
    private const double Slow = 1;

    private const string Cards = "#users .card";

    private const string Start = "#start";

    private const string Stop = "#stop";

    private const string Status = "#status";

    private const string Error = "#error";

    [Fact]
    public async Task Ten_people_arrive_and_the_page_recognises_the_end()
    {
        await OpenPageAsync(await ShareShowcaseAsync(Fast));
        await Window.ClickAsync(Start);

        await Window.WaitForCountAsync(Cards, 10);
        await Window.WaitForVisibleAsync("#end");
        await Window.WaitForTextAsync(Status, "disconnected");
        await Window.WaitForHiddenAsync(Error);
        Assert.Equal(Ids(1, 10), await IdsOfCardsAsync());
        Assert.Equal(1, Window.CountOfRequests("/getUsers"));
        await Window.WaitForTextLikeAsync($"{Cards} h2", @"^\w+ \w+ [\w' ]+$");
        Assert.True(await Window.EvaluateAsync<bool>("async () => { const picture = document.querySelector('#users .card img'); await picture.decode(); return picture.naturalWidth > 0; }"));
    }

    [Fact]
    public async Task Start_and_stop_take_turns_and_the_server_notices_that_its_client_left()
    {
        ShowcaseServer server = await StartShowcaseAsync(Slow);
        await OpenPageAsync(server);
        await Window.WaitForEnabledAsync(Start);
        await Window.WaitForDisabledAsync(Stop);
        await Window.WaitForTextAsync(Status, "disconnected");

        await Window.ClickAsync(Start);
        await Window.WaitForDisabledAsync(Start);
        await Window.WaitForEnabledAsync(Stop);
        await Window.WaitForTextAsync(Status, "open");
        await Window.WaitForVisibleAsync(Cards);

        await Window.ClickAsync(Stop);
        await Window.WaitForEnabledAsync(Start);
        await Window.WaitForDisabledAsync(Stop);
        await Window.WaitForTextAsync(Status, "disconnected");
        await server.WaitForLogAsync("A client left before user");

        await Window.ClickAsync(Start);
        await Window.WaitForCountAsync(Cards, 10);
        Assert.Equal(Ids(1, 10), await IdsOfCardsAsync());
    }

    [Fact]
    public async Task Nobody_is_lost_or_repeated_when_the_server_is_killed_and_started_again_in_the_middle()
    {
        ShowcaseServer server = await StartShowcaseAsync(Slow);
        await OpenPageAsync(server);
        await WaitForeverAsync();
        await Window.ClickAsync(Start);
        await Window.WaitForVisibleAsync($"{Cards}:nth-child(3)");

        await server.KillAsync();
        await Window.WaitForTextWithAsync(Error, "The connection was lost");
        await Window.WaitForTextAsync(Status, "connecting");
        string[] before = await IdsOfCardsAsync();
        Assert.InRange(before.Length, 3, 9);

        await StartShowcaseAsync(Slow, sameAs: server);
        await Window.WaitForCountAsync(Cards, 10);
        await Window.WaitForVisibleAsync("#end");
        await Window.WaitForHiddenAsync(Error);
        Assert.Equal(Ids(1, 10), await IdsOfCardsAsync());
    }

    [Fact]
    public async Task A_client_that_has_everything_is_told_so_by_204_and_does_not_ask_again()
    {
        await OpenPageAsync(await ShareShowcaseAsync(Fast));

        // Unlike the page, this client does not close at the end: it comes back, with -1, as an EventSource does.
        int readyState = await Window.EvaluateAsync<int>(
            """
            () => new Promise(resolve => {
              const source = new EventSource("/getUsers?last_event_id=9");
              source.onerror = () => source.readyState === EventSource.CLOSED && resolve(source.readyState);
            })
            """);
        Assert.Equal(2, readyState);
        Assert.Equal(2, Window.CountOfRequests("/getUsers"));

        // In the time of ten people it could have come back several times.
        await Window.ClickAsync(Start);
        await Window.WaitForCountAsync(Cards, 10);
        Assert.Equal(3, Window.CountOfRequests("/getUsers"));
    }

    [Fact]
    public async Task Hostile_text_is_shown_as_text()
    {
        const string Hostile = "<img src=x onerror='document.title=`owned`'><script>document.title='owned'</script>&amp;";
        await OpenPageAsync(await ShareShowcaseAsync(Fast));
        await Window.AnswerAsync("/getUsers", Event(Record(Hostile), "1") + End);
        await Window.ClickAsync(Start);

        await Window.WaitForCountAsync(Cards, 1);
        await Window.WaitForTextAsync($"{Cards} h2", $"Ms {Hostile} {Hostile}");
        await Window.WaitForTextsAsync($"{Cards} p", $"@{Hostile} · 40", Hostile);
        await Window.WaitForCountAsync($"{Cards} img", 1);
        Assert.StartsWith("Random users", await Window.EvaluateAsync<string>("document.title"), StringComparison.Ordinal);
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
        await OpenPageAsync(await ShareShowcaseAsync(Fast));
        await Window.AnswerAsync("/getUsers", Event(record, "1") + Event(Record("Later"), "2") + End);
        await Window.ClickAsync(Start);

        await Window.WaitForTextWithAsync(Error, "a record that cannot be used");
        await Window.WaitForTextAsync(Status, "disconnected");
        await Window.WaitForEnabledAsync(Start);
        await Window.WaitForCountAsync(Cards, 0);
    }

    [Fact]
    public async Task A_refused_connection_offers_a_retry_that_works()
    {
        await OpenPageAsync(await ShareShowcaseAsync(Fast));
        await Window.AnswerAsync("/getUsers", "", status: 500);
        await Window.ClickAsync(Start);
        await Window.WaitForTextWithAsync(Error, "refused");
        await Window.WaitForTextAsync(Status, "disconnected");

        await Window.StopAnsweringAsync();
        await Window.ClickAsync("#retry");
        await Window.WaitForHiddenAsync(Error);
        await Window.WaitForCountAsync(Cards, 10);
    }

    [Fact]
    public async Task A_retry_after_a_lost_connection_goes_on_where_it_stopped()
    {
        ShowcaseServer server = await StartShowcaseAsync(Slow);
        await OpenPageAsync(server);
        await WaitForeverAsync();
        await Window.ClickAsync(Start);
        await Window.WaitForVisibleAsync($"{Cards}:nth-child(3)");
        await server.KillAsync();
        await Window.WaitForVisibleAsync(Error);
        await Window.ClickAsync("#retry");

        await StartShowcaseAsync(Slow, sameAs: server);
        await Window.WaitForCountAsync(Cards, 10);
        Assert.Contains(Window.Requests, url => url.Contains("?last_event_id=", StringComparison.Ordinal));
        Assert.Equal(Ids(1, 10), await IdsOfCardsAsync());
    }

    private const string End = "data: \nid: -1\n\n";

    // How long this machine takes to start a server says nothing of the patience of the page, which is half a minute.
    private Task WaitForeverAsync() => Window.EvaluateAsync("() => { const wait = setTimeout; window.setTimeout = (act, delay) => wait(act, delay === 30000 ? 3600000 : delay); }");

    private static string Event(string data, string id) => $"event: randomUser\ndata: {data}\nid: {id}\n\n";

    private static string Record(string text)
    {
        string json = System.Text.Json.JsonSerializer.Serialize(text);
        return $$$"""{"id":{"value":"1"},"name":{"title":"Ms","first":{{{json}}},"last":{{{json}}}},"login":{"username":{{{json}}}},"email":{{{json}}},"dob":{"age":40},"picture":{"large":"data:image/png,"}}""";
    }

    private static string[] Ids(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(id => $"{id}")];

    private async Task<string[]> IdsOfCardsAsync() => await Window.EvaluateAsync<string[]>("selector => [...document.querySelectorAll(selector)].map(card => card.dataset.id)", Cards);

    private Task OpenPageAsync(ShowcaseServer server) => GoToAsync(server, "/users/");

    public sealed class InChromium(Chromium chromium) : RandomUsersTests(chromium)
    {
        // Only Playwright has a clock to wind.
        [Fact]
        public async Task A_connection_that_does_not_open_within_30_seconds_is_given_up()
        {
            IClock clock = ((ChromiumWindow)Window).Page.Clock;
            var noon = new DateTime(2030, 1, 1, 12, 0, 0, DateTimeKind.Utc);
            await clock.InstallAsync(new ClockInstallOptions { TimeDate = noon });
            await OpenPageAsync(await ShareShowcaseAsync(Fast));
            await Window.AnswerAsync("/getUsers", null);
            await clock.PauseAtAsync(noon.AddHours(1)); // from here on it goes only when it is wound
            await Window.ClickAsync(Start);
            await Window.WaitForTextAsync(Status, "connecting");
            await clock.FastForwardAsync(29_000);
            await Window.WaitForTextAsync(Status, "connecting");

            await clock.FastForwardAsync(2_000);
            await Window.WaitForTextWithAsync(Error, "No connection within 30 seconds");
            await Window.WaitForTextAsync(Status, "disconnected");
            await Window.WaitForVisibleAsync("#retry");
        }
    }

    public sealed class InFirefox(Firefox firefox) : RandomUsersTests(firefox);
}
