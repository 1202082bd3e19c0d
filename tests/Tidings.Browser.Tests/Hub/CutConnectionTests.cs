using Tidings.Testing;

namespace Tidings.Browser.Tests.Hub;

public abstract class CutConnectionTests(IBrowser browser) : BrowserTest(browser)
{
    private const int Events = 500;
    private const int Cuts = 25;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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
                await proxy.WaitForCutAsync(Patience);
            }
        }

        await hub.Broker.PublishAsync("news", "end");
        await Window.WaitUntilAsync("() => received.at(-1) === 'end'");
        string[] expected = [.. Enumerable.Range(1, Events).Select(number => $"{number}"), "end"];
        Assert.Equal(expected, await Window.EvaluateAsync<string[]>("() => received"));
        Assert.Equal(0, await Window.EvaluateAsync<int>("() => gaps"));
    }

    // Before and within the headers, which are some 500 bytes; then at every part of an event, which is some 60. Not by FIN within the headers: Chromium
    // then takes those that it has for all of them, misses the content type, and gives up as the standard asks it to.
    private static Cut? CutOf(int connection) => connection switch
    {
        < Cuts => new Cut(700 + (17 * connection), connection % 2 == 0 ? CutKind.Reset : CutKind.Fin),
        _ => null,
    };

    public sealed class InChromium(Chromium chromium) : CutConnectionTests(chromium);

    public sealed class InFirefox(Firefox firefox) : CutConnectionTests(firefox);
}
