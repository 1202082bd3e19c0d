using System.Net;

namespace Tidings.Browser.Tests.Hub;

/// <summary>What a page gets to see by its cookie or its token, at home and from another origin.</summary>
public abstract class AuthorizationTests(IBrowser browser) : BrowserTest(browser)
{
    private const string Alice = "https://example.com/users/alice";
    private const string Bob = "https://example.com/users/bob";

    // The page's own: all that it receives, and how its connection stands.
    private const string Listen =
        """
        ([url, withCredentials]) => {
          window.received = [];
          window.source = new EventSource(url, { withCredentials });
          source.onmessage = e => received.push(e.data);
          source.onopen = () => received.push("open");
          source.onerror = () => received.push(source.readyState === EventSource.CLOSED ? "closed" : "again");
        }
        """;

    // Reads a stream by fetch up to a first event, and tells what only a script that is let in can see.
    private const string Fetch =
        """
        async ([url, token, lastEventId]) => {
          try {
            const response = await fetch(url, { headers: { Authorization: `Bearer ${token}`, "Last-Event-ID": lastEventId, "Cache-Control": "no-cache" } });
            const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
            let text = "";
            while (!text.endsWith("\n\n")) text += (await reader.read()).value;
            await reader.cancel();
            return [`${response.status}`, response.headers.get("Mercure-Last-Event-ID"), response.headers.get("Last-Event-ID"), text];
          } catch (e) {
            return [e.name];
          }
        }
        """;

    [Theory]
    [InlineData(GuardedHub.CurrentCookie, "match")]
    [InlineData(GuardedHub.LegacyCookie, "topic")]
    public async Task A_cookie_shows_a_page_the_private_updates_that_it_grants_and_no_others(string cookie, string parameter)
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        BrowserWindow bob = await OpenWindowAsync(await NewProfileAsync());
        BrowserWindow anybody = await OpenWindowAsync(await NewProfileAsync());
        await Window.GoToAsync(hub.Login(cookie, Alice));
        await bob.GoToAsync(hub.Login(cookie, Bob));
        await anybody.GoToAsync(hub.OwnPage);

        string url = $"{hub.Url}?{parameter}={Alice}&{parameter}={Bob}";
        foreach (BrowserWindow window in (BrowserWindow[])[Window, bob, anybody])
        {
            await ListenAsync(window, url, withCredentials: false); // at home cookies go along anyway
        }

        await hub.PublishPrivateAsync(Alice, "for Alice");
        await hub.PublishPrivateAsync(Bob, "for Bob");
        await hub.Broker.PublishAsync(Alice, "for all");

        Assert.Equal(["open", "for Alice", "for all"], await ReceivedAsync(Window, "for all"));
        Assert.Equal(["open", "for Bob", "for all"], await ReceivedAsync(bob, "for all"));
        Assert.Equal(["open", "for all"], await ReceivedAsync(anybody, "for all"));
        Assert.Equal("", await Window.EvaluateAsync<string>("() => document.cookie"));
    }

    [Fact]
    public async Task A_page_of_an_allowed_origin_subscribes_with_its_cookie()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await Window.GoToAsync(hub.Login(GuardedHub.CurrentCookie, Alice));
        await Window.GoToAsync(hub.FriendlyPage);

        await ListenAsync(Window, $"{hub.Url}?match={Alice}", withCredentials: true);
        await hub.PublishPrivateAsync(Alice, "for Alice");
        Assert.Equal(["open", "for Alice"], await ReceivedAsync(Window, "for Alice"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_page_of_another_origin_receives_nothing(bool withCredentials)
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await Window.GoToAsync(hub.Login(GuardedHub.CurrentCookie, Alice));
        await Window.GoToAsync(hub.ForeignPage);

        await hub.PublishPrivateAsync(Alice, "for Alice");
        await Window.EvaluateAsync(Listen, new object[] { $"{hub.Url}?match={Alice}&last_event_id=earliest", withCredentials });
        Assert.Equal(["closed"], await ReceivedAsync(Window, "closed"));
    }

    [Fact]
    public async Task A_script_of_an_allowed_origin_sends_a_token_in_the_header_and_reads_the_cursor()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        SseId before = await hub.Broker.PublishAsync(Alice, "before");
        SseId id = await hub.PublishPrivateAsync(Alice, "for Alice");
        await Window.GoToAsync(hub.FriendlyPage);

        string[] answer = await Window.EvaluateAsync<string[]>(Fetch, new[] { $"{hub.Url}?match={Alice}", hub.Token("subscribe", Alice), before.Value });
        Assert.Equal(["200", before.Value, before.Value, $":\ndata: for Alice\nid: {id}\n\n"], answer);
        Assert.Equal(["OPTIONS", "GET"], hub.Methods);
    }

    [Fact]
    public async Task A_script_of_an_allowed_origin_publishes_with_a_token_in_the_header()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await Window.GoToAsync(hub.FriendlyPage);
        string id = await Window.EvaluateAsync<string>(
            """
            async ([url, token, topic]) => {
              const headers = { Authorization: `Bearer ${token}`, "Idempotency-Key": "1" };
              return await (await fetch(url, { method: "POST", headers, body: new URLSearchParams({ topic, data: "from a page" }) })).text();
            }
            """,
            new[] { hub.Url, hub.Token("publish", Alice), Alice });

        string[] read = await Window.EvaluateAsync<string[]>(Fetch, new[] { $"{hub.Url}?match={Alice}", hub.Token("subscribe", Alice), "earliest" });
        Assert.Equal($":\ndata: from a page\nid: {id}\n\n", read[^1]);
    }

    [Fact]
    public async Task A_script_of_another_origin_gets_no_further_than_the_preflight()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await Window.GoToAsync(hub.ForeignPage);
        Assert.Equal(["TypeError"], await Window.EvaluateAsync<string[]>(Fetch, new[] { $"{hub.Url}?match={Alice}", hub.Token("subscribe", Alice), "earliest" }));
        Assert.Equal(["OPTIONS"], hub.Methods);
    }

    [Fact]
    public async Task A_stream_that_is_refused_softly_comes_back_by_itself()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync(options => options.Streams.MaxTotal = 1);
        await Window.GoToAsync(hub.OwnPage);
        using (var client = new HttpClient())
        using (HttpResponseMessage only = await client.GetAsync($"{hub.Url}?match=news", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.OK, only.StatusCode);

            // Each is asked to come back after 5 to 30 s of its own: the first of five is there soon.
            await Window.EvaluateAsync(
                """
                url => {
                  window.stories = Array.from({ length: 5 }, () => {
                    const story = [];
                    const source = new EventSource(url);
                    source.onmessage = e => story.push(e.data);
                    source.onopen = () => story.push("open");
                    source.onerror = () => story.push(source.readyState === EventSource.CLOSED ? "closed" : "again");
                    return story;
                  });
                }
                """,
                $"{hub.Url}?match=news");
            await Window.WaitUntilAsync("stories.every(story => story.at(-1) === 'again')");
            await hub.Broker.PublishAsync("news", "missed, and nobody has promised it");
        }

        // Now there is room for one. Who came back before was sent away once more.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        while (!await Window.EvaluateAsync<bool>("stories.some(story => story.at(-1) === 'hello')"))
        {
            await hub.Broker.PublishAsync("news", "hello");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        string[] story = await Window.EvaluateAsync<string[]>("stories.find(story => story.at(-1) === 'hello')");
        Assert.Matches("^(open again )+open( hello)+$", string.Join(' ', story));
    }

    private static async Task ListenAsync(BrowserWindow window, string url, bool withCredentials)
    {
        await window.EvaluateAsync(Listen, new object[] { url, withCredentials });
        await ReceivedAsync(window, "open");
    }

    // What the page has received, once the last of it is there.
    private static Task<string[]> ReceivedAsync(BrowserWindow window, string last) =>
        window.WaitForAsync<string[]>("received", null, received => received.LastOrDefault() == last, $"The page has not received \"{last}\" last.");

    public sealed class InChromium(Chromium chromium) : AuthorizationTests(chromium);

    public sealed class InFirefox(Firefox firefox) : AuthorizationTests(firefox);
}
