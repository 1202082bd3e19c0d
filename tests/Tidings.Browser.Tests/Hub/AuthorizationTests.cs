using System.Net;

namespace Tidings.Browser.Tests.Hub;

/// <summary>What a page gets to see by its cookie or its token, at home and from another origin.</summary>
public sealed class AuthorizationTests(Chromium chromium) : BrowserTest(chromium)
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

    private readonly Chromium _chromium = chromium;

    [Theory]
    [InlineData(GuardedHub.CurrentCookie, "match")]
    [InlineData(GuardedHub.LegacyCookie, "topic")]
    public async Task A_cookie_shows_a_page_the_private_updates_that_it_grants_and_no_others(string cookie, string parameter)
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await using IBrowserContext another = await _chromium.Browser.NewContextAsync();
        await using IBrowserContext anonymous = await _chromium.Browser.NewContextAsync();
        IPage bob = await another.NewPageAsync();
        IPage anybody = await anonymous.NewPageAsync();
        await Page.GotoAsync(hub.Login(cookie, Alice));
        await bob.GotoAsync(hub.Login(cookie, Bob));
        await anybody.GotoAsync(hub.OwnPage);

        string url = $"{hub.Url}?{parameter}={Alice}&{parameter}={Bob}";
        foreach (IPage page in (IPage[])[Page, bob, anybody])
        {
            await ListenAsync(page, url, withCredentials: false); // at home cookies go along anyway
        }

        await hub.PublishPrivateAsync(Alice, "for Alice");
        await hub.PublishPrivateAsync(Bob, "for Bob");
        await hub.Broker.PublishAsync(Alice, "for all");

        Assert.Equal(["open", "for Alice", "for all"], await ReceivedAsync(Page, "for all"));
        Assert.Equal(["open", "for Bob", "for all"], await ReceivedAsync(bob, "for all"));
        Assert.Equal(["open", "for all"], await ReceivedAsync(anybody, "for all"));
        Assert.Equal("", await Page.EvaluateAsync<string>("() => document.cookie"));
    }

    [Fact]
    public async Task A_page_of_an_allowed_origin_subscribes_with_its_cookie()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await Page.GotoAsync(hub.Login(GuardedHub.CurrentCookie, Alice));
        await Page.GotoAsync(hub.FriendlyPage);

        await ListenAsync(Page, $"{hub.Url}?match={Alice}", withCredentials: true);
        await hub.PublishPrivateAsync(Alice, "for Alice");
        Assert.Equal(["open", "for Alice"], await ReceivedAsync(Page, "for Alice"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_page_of_another_origin_receives_nothing(bool withCredentials)
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await Page.GotoAsync(hub.Login(GuardedHub.CurrentCookie, Alice));
        await Page.GotoAsync(hub.ForeignPage);

        await hub.PublishPrivateAsync(Alice, "for Alice");
        await Page.EvaluateAsync(Listen, new object[] { $"{hub.Url}?match={Alice}&last_event_id=earliest", withCredentials });
        Assert.Equal(["closed"], await ReceivedAsync(Page, "closed"));
    }

    [Fact]
    public async Task A_script_of_an_allowed_origin_sends_a_token_in_the_header_and_reads_the_cursor()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        SseId before = await hub.Broker.PublishAsync(Alice, "before");
        SseId id = await hub.PublishPrivateAsync(Alice, "for Alice");
        await Page.GotoAsync(hub.FriendlyPage);

        string[] answer = await Page.EvaluateAsync<string[]>(Fetch, new[] { $"{hub.Url}?match={Alice}", hub.Token("subscribe", Alice), before.Value });
        Assert.Equal(["200", before.Value, before.Value, $":\ndata: for Alice\nid: {id}\n\n"], answer);
        Assert.Equal(["OPTIONS", "GET"], hub.Methods);
    }

    [Fact]
    public async Task A_script_of_an_allowed_origin_publishes_with_a_token_in_the_header()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await Page.GotoAsync(hub.FriendlyPage);
        string id = await Page.EvaluateAsync<string>(
            """
            async ([url, token, topic]) => {
              const headers = { Authorization: `Bearer ${token}`, "Idempotency-Key": "1" };
              return await (await fetch(url, { method: "POST", headers, body: new URLSearchParams({ topic, data: "from a page" }) })).text();
            }
            """,
            new[] { hub.Url, hub.Token("publish", Alice), Alice });

        string[] read = await Page.EvaluateAsync<string[]>(Fetch, new[] { $"{hub.Url}?match={Alice}", hub.Token("subscribe", Alice), "earliest" });
        Assert.Equal($":\ndata: from a page\nid: {id}\n\n", read[^1]);
    }

    [Fact]
    public async Task A_script_of_another_origin_gets_no_further_than_the_preflight()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await Page.GotoAsync(hub.ForeignPage);
        Assert.Equal(["TypeError"], await Page.EvaluateAsync<string[]>(Fetch, new[] { $"{hub.Url}?match={Alice}", hub.Token("subscribe", Alice), "earliest" }));
        Assert.Equal(["OPTIONS"], hub.Methods);
    }

    [Fact]
    public async Task A_stream_that_is_refused_softly_comes_back_by_itself()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync(options => options.Streams.MaxTotal = 1);
        await Page.GotoAsync(hub.OwnPage);
        using (var client = new HttpClient())
        using (HttpResponseMessage only = await client.GetAsync($"{hub.Url}?match=news", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.OK, only.StatusCode);
            await Page.EvaluateAsync(Listen, new object[] { $"{hub.Url}?match=news", false });
            await ReceivedAsync(Page, "again");
        }

        // Now there is room; the hub has asked to come back in 5 to 30 s.
        await hub.Broker.PublishAsync("news", "missed, and nobody has promised it");
        await Page.WaitForFunctionAsync("() => received.filter(r => r === 'open').length === 2", options: new PageWaitForFunctionOptions { Timeout = 60_000 });
        await hub.Broker.PublishAsync("news", "hello");
        Assert.Equal(["open", "again", "open", "hello"], await ReceivedAsync(Page, "hello"));
    }

    private static async Task ListenAsync(IPage page, string url, bool withCredentials)
    {
        await page.EvaluateAsync(Listen, new object[] { url, withCredentials });
        await ReceivedAsync(page, "open");
    }

    // What the page has received, once the last of it is there.
    private static async Task<string[]> ReceivedAsync(IPage page, string last)
    {
        await page.WaitForFunctionAsync("last => received.at(-1) === last", last, new PageWaitForFunctionOptions { Timeout = 30_000 });
        return await page.EvaluateAsync<string[]>("() => received");
    }
}
