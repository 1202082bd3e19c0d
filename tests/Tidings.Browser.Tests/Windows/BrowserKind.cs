namespace Tidings.Browser.Tests;

/// <summary>The browsers that the tests run in.</summary>
public enum BrowserKind
{
    /// <summary>Chromium, driven by Playwright.</summary>
    Chromium,

    /// <summary>Firefox ESR, driven by WebDriver BiDi.</summary>
    Firefox,
}
