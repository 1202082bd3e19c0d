using System.Globalization;
using Tidings.Testing;

namespace Tidings.Browser.Tests.Script;

/// <summary>A test of <c>tidings.js</c> in windows.</summary>
public abstract class ScriptTest(IBrowser browser) : BrowserTest(browser)
{
    /// <summary>Opens the hub's page in so many windows, and a source in each, one after the other.</summary>
    private protected async Task<List<BrowserWindow>> OpenSourcesAsync(ScriptHub hub, int count, object options, Clock clock = Clock.Running)
    {
        List<BrowserWindow> windows = [Window];
        while (windows.Count < count)
        {
            windows.Add(await OpenWindowAsync());
        }

        foreach (BrowserWindow window in windows)
        {
            await ListenAsync(hub, window, options, clock);
            await window.WaitUntilAsync("source.readyState === 1");
        }

        return windows;
    }

    private protected static async Task ListenAsync(ScriptHub hub, BrowserWindow window, object options, Clock clock = Clock.Running)
    {
        await window.GoToAsync(hub.PageUrl);
        await window.WaitUntilAsync("!!window.listen");
        if (clock == Clock.Stopped)
        {
            await StopClockAsync(window);
        }

        await window.EvaluateAsync("options => listen(options)", options);
    }

    /// <summary>Lets the page's clock go on only by what a test adds to <c>now</c>: otherwise a machine that stands still for two heartbeats would be a stream that is silent.</summary>
    protected static Task StopClockAsync(BrowserWindow window) => window.EvaluateAsync("() => { window.now = Date.now(); Date.now = () => now; }");

    /// <summary>The window that has the stream at this moment, or as soon as one has it: a window that is busy learns late that it is its turn.</summary>
    protected static async Task<BrowserWindow> LeaderAsync(IReadOnlyCollection<BrowserWindow> windows)
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (!patience.IsCancellationRequested)
        {
            foreach (BrowserWindow window in windows)
            {
                if (await window.EvaluateAsync<bool>("leads"))
                {
                    return window;
                }
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
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

    /// <summary>How a page's clock goes.</summary>
    private protected enum Clock
    {
        /// <summary>By itself.</summary>
        Running,

        /// <summary>As after <see cref="StopClockAsync"/>, from before the page listens.</summary>
        Stopped,
    }
}
