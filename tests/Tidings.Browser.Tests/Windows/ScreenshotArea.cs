namespace Tidings.Browser.Tests;

/// <summary>How much of a page is in a screenshot.</summary>
public enum ScreenshotArea
{
    /// <summary>What the window shows.</summary>
    Visible,

    /// <summary>The whole page.</summary>
    Page,
}
