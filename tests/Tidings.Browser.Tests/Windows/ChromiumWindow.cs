using Microsoft.Playwright;
using Tidings.Testing;

namespace Tidings.Browser.Tests;

/// <summary>A window of Chromium, for tests that need what only Playwright can do.</summary>
public sealed class ChromiumWindow : BrowserWindow
{
    private ICDPSession? _session;

    internal ChromiumWindow(IPage page)
    {
        Page = page;
        page.SetDefaultTimeout((float)Hang.Limit.TotalMilliseconds);

        // Playwright gives arguments to what scripts say, and none to what the browser says of the network.
        page.Console += (_, message) => Hear(message.Text, message.Type == "error" && message.Args.Count > 0);
        page.Request += (_, request) => Ask(request.Url);
    }

    /// <summary>The page as Playwright has it.</summary>
    public IPage Page { get; }

    /// <inheritdoc />
    public override Task GoToAsync(string url) => Page.GotoAsync(url);

    /// <inheritdoc />
    public override Task ReloadAsync() => Page.ReloadAsync();

    /// <inheritdoc />
    public override async Task GoBackAsync()
    {
        // A page from the back-forward cache is not loaded, so that nothing says it is.
        await Page.GoBackAsync(new PageGoBackOptions { WaitUntil = WaitUntilState.Commit });
        await WaitUntilAsync("document.readyState === 'complete'");
    }

    /// <inheritdoc />
    public override Task ClickAsync(string selector) => First(selector).ClickAsync();

    /// <inheritdoc />
    public override Task FillAsync(string selector, string text) => First(selector).FillAsync(text);

    /// <inheritdoc />
    public override Task PressAsync(string key) => Page.Keyboard.PressAsync(key);

    /// <inheritdoc />
    public override Task ChooseFileAsync(string selector, string path) => First(selector).SetInputFilesAsync(path);

    /// <inheritdoc />
    public override Task SetSizeAsync(int width, int height) => Page.SetViewportSizeAsync(width, height);

    /// <inheritdoc />
    public override Task SetColorSchemeAsync(ColorScheme scheme) => Page.EmulateMediaAsync(new PageEmulateMediaOptions
    {
        ColorScheme = scheme == ColorScheme.Dark ? Microsoft.Playwright.ColorScheme.Dark : Microsoft.Playwright.ColorScheme.Light,
    });

    /// <inheritdoc />
    public override Task ScreenshotAsync(string path, ScreenshotArea area = ScreenshotArea.Visible)
    {
        MakeDirectoryOf(path);
        return Page.ScreenshotAsync(new PageScreenshotOptions { Path = path, FullPage = area == ScreenshotArea.Page });
    }

    /// <inheritdoc />
    public override Task AnswerAsync(string path, string? body, int status = 200) => Page.RouteAsync(
        url => new Uri(url).AbsolutePath == path,
        route => body is null ? Task.CompletedTask : route.FulfillAsync(new RouteFulfillOptions { Status = status, ContentType = "text/event-stream", Body = body }));

    /// <inheritdoc />
    public override Task StopAnsweringAsync() => Page.UnrouteAllAsync();

    /// <inheritdoc />
    public override async Task CrashAsync()
    {
        var crashed = new TaskCompletionSource();
        Page.Crash += (_, _) => crashed.TrySetResult();
        ICDPSession session = await SessionAsync();
        _ = session.SendAsync("Page.crash"); // nobody is left to answer
        await crashed.Task.WaitAsync(Hang.Limit);
    }

    /// <inheritdoc />
    public override async Task FreezeAsync()
    {
        // Not by Page.setWebLifecycleState: it has no effect on a page that is visible, and Playwright sees to it that all are.
        ICDPSession session = await SessionAsync();
        await session.SendAsync("Debugger.enable");
        var paused = new TaskCompletionSource();
        session.Event("Debugger.paused").OnEvent += (_, _) => paused.TrySetResult();
        await session.SendAsync("Debugger.pause");
        await paused.Task.WaitAsync(Hang.Limit);
    }

    /// <inheritdoc />
    public override async Task ThawAsync() => await (await SessionAsync()).SendAsync("Debugger.disable");

    /// <inheritdoc />
    public override async ValueTask DisposeAsync() => await Page.CloseAsync();

    /// <inheritdoc />
    protected override Task<string> RunAsync(string expression) => Page.EvaluateAsync<string>(expression);

    /// <inheritdoc />
    protected override bool IsBetweenPages(Exception failure) => failure is PlaywrightException;

    private ILocator First(string selector) => Page.Locator($"css={selector}").First;

    private async Task<ICDPSession> SessionAsync() => _session ??= await Page.Context.NewCDPSessionAsync(Page);
}
