using Tidings.Testing;

namespace Tidings.Browser.Tests.Hub;

public abstract class CutConnectionTests(IBrowser browser) : BrowserTest(browser)
{
    private const int Events = 500;
    private const int Cuts = 25;

    [Fact]
    public async Task A_stream_that_is_cut_again_and_again_loses_nothing_and_repeats_nothing()
    {
        await using HubHost hub = await HubHost.StartAsync();
        await using var proxy = new CuttingProxy(hub.EndPoint, CutOf);
        await Window.GoToAsync(new Uri(hub.Address, "/page").AbsoluteUri);

        // From the earliest: until the first event has arrived the browser has no id to come back with.
        await Window.EvaluateAsync(
            """
            url => {
              window.received = [];
              window.gaps = 0;
              window.source = new EventSource(url);
              source.onmessage = e => received.push(e.data);
              source.addEventListener("tidings-gap", () => gaps++);
            }
            """,
            $"http://{proxy.Address}/.well-known/mercure?match=news&last_event_id=earliest");

        for (int number = 1; number <= Events; number++)
        {
            await hub.Broker.PublishAsync("news", new ServerEvent($"{number}") { Retry = TimeSpan.FromMilliseconds(10) });
            if (number % (Events / Cuts) == 0)
            {
                // The connection of this moment receives more than it lets pass, so that it is cut in the middle of what it has to say.
                await proxy.WaitForCutAsync(Hang.Limit);
            }
        }

        await hub.Broker.PublishAsync("news", "end");
        await Window.WaitUntilAsync("() => received.at(-1) === 'end'");
        string[] expected = [.. Enumerable.Range(1, Events).Select(number => $"{number}"), "end"];
        Assert.Equal(expected, await Window.EvaluateAsync<string[]>("() => received"));
        Assert.Equal(0, await Window.EvaluateAsync<int>("() => gaps"));
    }

    /// <summary>How a connection may end within its headers: there each browser has a way after which it gives up for good.</summary>
    protected abstract CutKind WithinHeaders { get; }

    // Before and within the headers, which are some 500 bytes; then at every part of an event, which is some 60.
    private Cut? CutOf(int connection) => connection switch
    {
        0 => new Cut(0, CutKind.Fin),
        1 => new Cut(0, CutKind.Reset),
        2 => new Cut(200, WithinHeaders),
        < Cuts => new Cut(700 + (17 * connection), connection % 2 == 0 ? CutKind.Reset : CutKind.Fin),
        _ => null,
    };

    public sealed class InChromium(Chromium chromium) : CutConnectionTests(chromium)
    {
        // Not by FIN: Chromium then takes those headers that it has for all of them, misses the content type, and gives up as the standard asks it to.
        protected override CutKind WithinHeaders => CutKind.Reset;
    }

    public sealed class InFirefox(Firefox firefox) : CutConnectionTests(firefox)
    {
        // Not by RST: Firefox then says that it cannot establish a connection, and gives up, although HTML 9.2.3 asks for another try after a network error.
        protected override CutKind WithinHeaders => CutKind.Fin;
    }
}
