using System.Text.Json;

namespace Tidings.Browser.Tests;

/// <summary>Mouse and keyboard of a window, as the actions of WebDriver that the browser takes for a user's.</summary>
internal sealed class FirefoxInput(Firefox firefox, string context)
{
    /// <summary>The key that deletes what is selected.</summary>
    public const string Delete = "\uE017";

    // WebDriver, "Keyboard actions": keys without a character are numbered.
    private static readonly Dictionary<string, string> Keys = new(StringComparer.Ordinal)
    {
        ["Backspace"] = "\uE003",
        ["Tab"] = "\uE004",
        ["Enter"] = "\uE007",
        ["Shift"] = "\uE008",
        ["Control"] = "\uE009",
        ["Alt"] = "\uE00A",
        ["Escape"] = "\uE00C",
        ["PageUp"] = "\uE00E",
        ["PageDown"] = "\uE00F",
        ["End"] = "\uE010",
        ["Home"] = "\uE011",
        ["ArrowLeft"] = "\uE012",
        ["ArrowUp"] = "\uE013",
        ["ArrowRight"] = "\uE014",
        ["ArrowDown"] = "\uE015",
        ["Delete"] = Delete,
        ["Space"] = " ",
    };

    public Task ClickAsync(JsonElement element) => PerformAsync(new
    {
        type = "pointer",
        id = "mouse",
        actions = (object[])
        [
            new { type = "pointerMove", x = 0, y = 0, origin = new { type = "element", element } },
            new { type = "pointerDown", button = 0 },
            new { type = "pointerUp", button = 0 },
        ],
    });

    public Task TypeAsync(string text) => PerformKeysAsync(text.EnumerateRunes().SelectMany(rune => Strokes([$"{rune}"])));

    public Task PressAsync(string key)
    {
        string[] names = key.Length > 1 ? key.Split('+') : [key];
        return PerformKeysAsync(Strokes([.. names.Select(name => Keys.GetValueOrDefault(name, name))]));
    }

    // Down in order, up in the reverse.
    private static IEnumerable<object> Strokes(string[] keys) =>
        keys.Select(value => new { type = "keyDown", value }).Concat(keys.Reverse().Select(value => new { type = "keyUp", value }));

    private Task<JsonElement> PerformKeysAsync(IEnumerable<object> strokes) => PerformAsync(new { type = "key", id = "keyboard", actions = strokes.ToArray() });

    private Task<JsonElement> PerformAsync(object source) => firefox.SendAsync("input.performActions", new { context, actions = (object[])[source] });
}
