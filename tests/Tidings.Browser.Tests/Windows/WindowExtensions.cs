using System.Text.Json;
using System.Text.RegularExpressions;
using Tidings.Testing;

namespace Tidings.Browser.Tests;

/// <summary>What tests ask of elements. Texts are those that a user sees in the markup, with white space as one blank.</summary>
public static class WindowExtensions
{
    private const string Texts = "selector => [...document.querySelectorAll(selector)].map(e => e.textContent.replace(/\\s+/g, ' ').trim())";
    private const string IsVisible = "selector => { const e = document.querySelector(selector); return !!e && e.checkVisibility({ visibilityProperty: true }); }";

    /// <summary>The texts of all that match.</summary>
    public static Task<string[]> TextsAsync(this BrowserWindow window, string selector) => window.EvaluateAsync<string[]>(Texts, selector);

    /// <summary>The text of the first that matches, once there is one.</summary>
    public static async Task<string> TextAsync(this BrowserWindow window, string selector) =>
        (await window.WaitForAsync<string[]>(Texts, selector, texts => texts.Length > 0, $"There is no {selector}."))[0];

    /// <summary>Waits until the first that matches has exactly this text.</summary>
    public static Task WaitForTextAsync(this BrowserWindow window, string selector, string text) =>
        window.WaitForAsync<string[]>(Texts, selector, texts => texts.Length > 0 && texts[0] == text, $"{selector} has not the text \"{text}\".");

    /// <summary>Waits until the first that matches has a text with this in it.</summary>
    public static Task WaitForTextWithAsync(this BrowserWindow window, string selector, string part) =>
        window.WaitForAsync<string[]>(
            Texts, selector, texts => texts.Length > 0 && texts[0].Contains(part, StringComparison.Ordinal), $"{selector} has no text with \"{part}\" in it.");

    /// <summary>Waits until the first that matches has a text that matches.</summary>
    public static Task WaitForTextLikeAsync(this BrowserWindow window, string selector, string pattern) =>
        window.WaitForAsync<string[]>(
            Texts,
            selector,
            texts => texts.Length > 0 && Regex.IsMatch(texts[0], pattern, RegexOptions.None, Hang.Limit),
            $"{selector} has no text like {pattern}.");

    /// <summary>Waits until those that match have exactly these texts, in order.</summary>
    public static Task WaitForTextsAsync(this BrowserWindow window, string selector, params string[] texts) =>
        window.WaitForAsync<string[]>(Texts, selector, found => found.SequenceEqual(texts), $"{selector} has not the texts {JsonSerializer.Serialize(texts)}.");

    /// <summary>Waits until so many match.</summary>
    public static Task WaitForCountAsync(this BrowserWindow window, string selector, int count) =>
        window.WaitForAsync<int>("selector => document.querySelectorAll(selector).length", selector, found => found == count, $"There are not {count} {selector}.");

    /// <summary>Waits until one matches and is shown.</summary>
    public static Task WaitForVisibleAsync(this BrowserWindow window, string selector) =>
        window.WaitForAsync<bool>(IsVisible, selector, isVisible => isVisible, $"{selector} is not visible.");

    /// <summary>Waits until the first that matches is not shown, or there is none.</summary>
    public static Task WaitForHiddenAsync(this BrowserWindow window, string selector) =>
        window.WaitForAsync<bool>(IsVisible, selector, isVisible => !isVisible, $"{selector} is visible.");

    /// <summary>Waits until one matches and can be used.</summary>
    public static Task WaitForEnabledAsync(this BrowserWindow window, string selector) =>
        window.WaitUntilAsync("selector => document.querySelector(selector).matches(':enabled')", selector);

    /// <summary>Waits until one matches and cannot be used.</summary>
    public static Task WaitForDisabledAsync(this BrowserWindow window, string selector) =>
        window.WaitUntilAsync("selector => document.querySelector(selector).matches(':disabled')", selector);

    /// <summary>How often the page has asked for a path.</summary>
    public static int CountOfRequests(this BrowserWindow window, string path) => window.Requests.Count(url => new Uri(url).AbsolutePath == path);

    /// <summary>Adds a script to the page, whose functions are then there for all.</summary>
    public static Task DeclareAsync(this BrowserWindow window, string script) => window.EvaluateAsync(
        "script => { document.head.append(Object.assign(document.createElement('script'), { textContent: script })); }", script);
}
