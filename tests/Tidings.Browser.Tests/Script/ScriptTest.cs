using System.Globalization;

namespace Tidings.Browser.Tests.Script;

/// <summary>A test of <c>tidings.js</c> in windows.</summary>
public abstract class ScriptTest(IBrowser browser) : BrowserTest(browser)
{
    /// <summary>Opens the hub's page in so many windows, and a source in each, one after the other.</summary>
    private protected async Task<List<BrowserWindow>> OpenSourcesAsync(ScriptHub hub, int count, object options)
    {
        List<BrowserWindow> windows = [Window];
        while (windows.Count < count)
        {
            windows.Add(await OpenWindowAsync());
        }

        foreach (BrowserWindow window in windows)
        {
            await ListenAsync(hub, window, options);
            await window.WaitUntilAsync("source.readyState === 1");
        }

        return windows;
    }

    private protected static async Task ListenAsync(ScriptHub hub, BrowserWindow window, object options)
    {
        await window.GoToAsync(hub.PageUrl);
        await window.WaitUntilAsync("!!window.listen");
        await window.EvaluateAsync("options => listen(options)", options);
    }

    /// <summary>Lets the page's clock go on only by what a test adds to <c>now</c>: otherwise a machine that stands still for two heartbeats would be a stream that is silent.</summary>
    protected static Task StopClockAsync(BrowserWindow window) => window.EvaluateAsync("() => { window.now = Date.now(); Date.now = () => now; }");

    /// <summary>The window that has the stream at this moment.</summary>
    protected static async Task<BrowserWindow> LeaderAsync(IEnumerable<BrowserWindow> windows)
    {
        foreach (BrowserWindow window in windows)
        {
            if (await window.EvaluateAsync<bool>("leads"))
            {
                return window;
            }
        }

        throw new InvalidOperationException("Nobody has the stream.");
    }

    /// <summary>Waits for the last number, and checks that it is the end of all, each once and in order.</summary>
    protected static async Task AssertReceivedAsync(BrowserWindow window, int first, int last)
    {
        await window.WaitUntilAsync("last => received.at(-1) === `${last}`", last);
        string[] expected = [.. Enumerable.Range(first, last - first + 1).Select(number => number.ToString(CultureInfo.InvariantCulture))];
        Assert.Equal(expected, await window.EvaluateAsync<string[]>("received"));
    }
}
