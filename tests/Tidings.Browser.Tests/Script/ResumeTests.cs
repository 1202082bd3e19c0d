using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Tidings.Browser.Tests.Hub;

namespace Tidings.Browser.Tests.Script;

/// <summary>What ends a stream in a page, and that it goes on where it was.</summary>
public abstract class ResumeTests(IBrowser browser) : ScriptTest(browser)
{
    [Fact]
    public async Task A_hub_that_cannot_answer_is_asked_again_until_it_can()
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        hub.Refusals.Enqueue((503, "4"));
        hub.Refusals.Enqueue((429, null));
        await ListenAsync(hub, Window, new { });

        await Window.WaitUntilAsync("told.at(-1) === 'open'");

        Assert.Equal(["serverUnavailable 503 again", "serverUnavailable 429 again", "open"], await Window.EvaluateAsync<string[]>("told"));
        Assert.Equal(2, hub.Refused);
        await hub.PublishAsync(1);
        await AssertReceivedAsync(Window, 1, 1);
    }

    [Theory]
    [InlineData(204, "noContent 204 final")]
    [InlineData(404, "status 404 final")]
    [InlineData(403, "status 403 final")]
    public async Task An_answer_that_will_not_change_ends_it(int status, string told)
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        hub.Refusal = status;
        await ListenAsync(hub, Window, new { shared = true });

        await Window.WaitUntilAsync("source.readyState === 2");

        Assert.Equal([told], await Window.EvaluateAsync<string[]>("told"));
        Assert.Equal(1, hub.Refused);
    }

    [Fact]
    public async Task When_the_network_is_back_the_stream_is_at_once()
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        await OpenSourcesAsync(hub, 1, new { });
        await hub.PublishAsync(1);
        await AssertReceivedAsync(Window, 1, 1);

        await Profile.SetOfflineAsync(true);
        await Window.WaitUntilAsync("!navigator.onLine");
        await hub.PublishAsync(2);
        await Profile.SetOfflineAsync(false);

        await AssertReceivedAsync(Window, 1, 2);
        await Window.WaitUntilAsync("source.readyState === 1");
        await hub.PublishAsync(3);
        await AssertReceivedAsync(Window, 1, 3);
    }

    [Theory]
    [InlineData("pagehide", "pageshow")]
    [InlineData("freeze", "resume")]
    public async Task A_page_that_is_put_aside_has_no_stream_and_goes_on_when_it_is_shown_again(string aside, string back)
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        await OpenSourcesAsync(hub, 1, new { shared = true });
        await hub.PublishAsync(1);
        await AssertReceivedAsync(Window, 1, 1);

        await Window.EvaluateAsync("type => { (type === 'freeze' ? document : window).dispatchEvent(new Event(type)); }", aside);
        await hub.WaitForOpenStreamsAsync(0);
        Assert.Empty(await Window.EvaluateAsync<string[]>("navigator.locks.query().then(locks => locks.held.map(lock => lock.name))"));
        await hub.PublishAsync(2);
        await Window.EvaluateAsync("type => { (type === 'resume' ? document : window).dispatchEvent(new Event(type)); }", back);

        await AssertReceivedAsync(Window, 1, 2);
    }

    [Fact]
    public async Task On_the_way_back_in_the_history_nothing_is_missing()
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        await OpenSourcesAsync(hub, 1, new { keepCursor = true });
        await hub.PublishAsync(1);
        await AssertReceivedAsync(Window, 1, 1);
        await Window.EvaluateAsync("window.isKept = true");

        await Window.GoToAsync("data:text/html,elsewhere");
        await hub.WaitForOpenStreamsAsync(0);
        await hub.PublishAsync(2);
        await Window.GoBackAsync();
        await Window.WaitUntilAsync("!!window.listen");

        // Whether the page was kept is the browser's choice; if it was not, the place was.
        bool isKept = await Window.EvaluateAsync<bool>("!!window.isKept");
        TestContext.Current.TestOutputHelper?.WriteLine($"kept: {isKept}");
        if (!isKept)
        {
            await Window.EvaluateAsync("listen({ keepCursor: true })");
        }

        await AssertReceivedAsync(Window, isKept ? 1 : 2, 2);
    }

    [Fact]
    public async Task A_page_that_is_loaded_again_goes_on_where_it_was()
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        await OpenSourcesAsync(hub, 1, new { keepCursor = true });
        await hub.PublishAsync(1);
        await AssertReceivedAsync(Window, 1, 1);
        await Window.EvaluateAsync("source.close()");
        await hub.PublishAsync(2);

        await Window.ReloadAsync();
        await Window.WaitUntilAsync("!!window.listen");
        await Window.EvaluateAsync("listen({ keepCursor: true })");

        await AssertReceivedAsync(Window, 2, 2);
    }

    [Fact]
    public async Task Silence_is_a_lost_stream_where_heartbeats_are_asked_for()
    {
        int connections = 0;
        await using ScriptHub hub = await ScriptHub.StartAsync(map: app => app.MapGet("/stalling", async (HttpContext context) =>
        {
            // As behind a proxy that has lost the hub and keeps the client: one event, and then nothing, not even the end.
            int number = Interlocked.Increment(ref connections);
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync($"data: {number}\nid: {number}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }));
        await Window.GoToAsync(hub.PageUrl);
        await Window.WaitUntilAsync("!!window.listen");
        await StopClockAsync(Window);
        await Window.EvaluateAsync("listen({ heartbeat: 500 }, '/stalling')");
        await Window.WaitUntilAsync("received.length === 1");
        await Window.EvaluateAsync("now += 1500"); // more than two intervals

        await Window.WaitUntilAsync("received.length > 1");

        Assert.Equal(["open", "idleTimeout - again", "open"], (await Window.EvaluateAsync<string[]>("told")).Take(3));
    }

    [Fact]
    public async Task A_hub_that_tells_its_heartbeat_is_believed_to_be_alive()
    {
        await using ScriptHub hub = await ScriptHub.StartAsync(options => options.HeartbeatInterval = TimeSpan.FromSeconds(1));
        await ListenAsync(hub, Window, new { heartbeat = true }, Clock.Stopped);
        await Window.EvaluateAsync("() => { window.beats = []; source.addEventListener('tidings-heartbeat', e => beats.push(e.data)); }");

        int seen = 0;
        for (int round = 0; round < 6; round++)
        {
            // One that came after the clock went on.
            await Window.WaitUntilAsync("count => beats.length > count", seen);
            seen = await Window.EvaluateAsync<int>("() => { now += 1500; return beats.length; }"); // less than two intervals
        }

        Assert.Equal(["open"], await Window.EvaluateAsync<string[]>("told"));
        Assert.Equal("{\"interval\":1000}", await Window.EvaluateAsync<string>("beats[0]"));
    }

    [Fact]
    public async Task Renewing_the_token_loses_no_event_and_repeats_none()
    {
        const string Topic = "https://example.com/users/alice";
        TimeSpan life = TimeSpan.FromMinutes(1);
        await using GuardedHub hub = await GuardedHub.StartAsync(options =>
        {
            options.MaxStreamAge = TimeSpan.Zero;
            options.WriteTimeout = TimeSpan.FromMinutes(10); // the clock leaps
        });
        string login = hub.Login(GuardedHub.CurrentCookie, Topic, life);
        await Window.GoToAsync(login);
        await Window.EvaluateAsync(
            """
            async ([hub, login]) => {
              const { TidingsSource } = await import("/tidings.js");
              window.received = [];
              window.renewals = [];
              window.source = new TidingsSource(hub, { renew: async event => { await fetch(login); renewals.push(event.type); } });
              source.onmessage = event => received.push(event.data);
            }
            """,
            new[] { $"{hub.Url}?match={Uri.EscapeDataString(Topic)}", login });
        await Window.WaitUntilAsync("source.readyState === 1");

        int number = 0;
        for (int renewal = 1; renewal <= 3; renewal++)
        {
            for (int i = 0; i < 20; i++)
            {
                await hub.PublishPrivateAsync(Topic, $"{++number}");
                if (i == 10)
                {
                    hub.Time.Advance(life - TimeSpan.FromSeconds(5)); // the notice is due 10 s before the end
                }
            }

            await Window.WaitUntilAsync("count => renewals.length === count", renewal);
        }

        await AssertReceivedAsync(Window, 1, number);
        Assert.All(await Window.EvaluateAsync<string[]>("renewals"), type => Assert.Equal("tidings-expiring", type));
    }

    public sealed class InChromium(Chromium chromium) : ResumeTests(chromium);

    public sealed class InFirefox(Firefox firefox) : ResumeTests(firefox);
}
