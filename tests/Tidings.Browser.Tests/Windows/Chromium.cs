using System.Runtime.Versioning;
using Microsoft.Playwright;
using Tidings.Testing;

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

    // Playwright would do without the back-forward cache, but users do not.
    private static readonly string[] NotArguments = ["--disable-back-forward-cache"];

    // Pages of the address bar's list, which each window would load beside its own page and with five times its work.
    private const string NotFeatures = "WebUIOmniboxPopup,WebUIOmniboxAimPopup";

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
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tidings-chromium-");
        try
        {
            string starter = OperatingSystem.IsWindows() ? executable : await WriteStarterAsync(directory, executable);
            var options = new BrowserTypeLaunchOptions { ExecutablePath = starter, Args = Arguments, IgnoreDefaultArgs = NotArguments, Timeout = (float)Hang.Limit.TotalMilliseconds };
            return (playwright, await playwright.Chromium.LaunchAsync(options));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    // Of several lists of features that are off the last alone counts, and Playwright has one that it needs: ours becomes part of it.
    [UnsupportedOSPlatform("windows")]
    private static async Task<string> WriteStarterAsync(DirectoryInfo directory, string executable)
    {
        string starter = Path.Combine(directory.FullName, "chromium");
        await File.WriteAllTextAsync(starter, $$"""
            #!/bin/bash
            exec '{{executable}}' "${@/#--disable-features=/--disable-features={{NotFeatures}},}"

            """);
        File.SetUnixFileMode(starter, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return starter;
    }
}
