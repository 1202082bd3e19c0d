using Microsoft.Playwright;

namespace Tidings.Browser.Tests;

/// <summary>Chromium, driven by Playwright.</summary>
public sealed class Chromium : IBrowser, IAsyncDisposable
{
    private static readonly string[] Arguments =
    [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];

    private readonly Lazy<Task<(IPlaywright Playwright, Microsoft.Playwright.IBrowser Browser)>> _started = new(StartAsync);

    /// <inheritdoc />
    public BrowserKind Kind => BrowserKind.Chromium;

    /// <inheritdoc />
    public async Task<BrowserProfile> NewProfileAsync(bool acceptsAnyCertificate = false)
    {
        (_, Microsoft.Playwright.IBrowser browser) = await _started.Value;
        return new ChromiumProfile(await browser.NewContextAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = acceptsAnyCertificate }));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_started.IsValueCreated)
        {
            (IPlaywright playwright, Microsoft.Playwright.IBrowser browser) = await _started.Value;
            await browser.DisposeAsync();
            playwright.Dispose();
        }
    }

    private static async Task<(IPlaywright Playwright, Microsoft.Playwright.IBrowser Browser)> StartAsync()
    {
        string executable = Programs.Find("chromium", "chromium", "chromium-browser", "google-chrome");
        IPlaywright playwright = await Playwright.CreateAsync();
        return (playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = executable, Args = Arguments }));
    }
}
