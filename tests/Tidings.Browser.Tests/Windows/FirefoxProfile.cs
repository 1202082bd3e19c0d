using System.Text.Json;

namespace Tidings.Browser.Tests;

internal sealed class FirefoxProfile(Firefox firefox, string userContext) : BrowserProfile
{
    private readonly List<FirefoxWindow> _windows = [];
    private readonly Dictionary<string, object> _target = new(StringComparer.Ordinal) { ["userContexts"] = (string[])[userContext] };
    private bool _isWatched;

    public override async Task<BrowserWindow> OpenWindowAsync()
    {
        if (!_isWatched)
        {
            _isWatched = true;
            await firefox.SendAsync("script.addPreloadScript", new Dictionary<string, object>(_target) { ["functionDeclaration"] = PageScript.Watch });
        }

        // A window rather than a tab: all but one tab of a window are hidden.
        JsonElement created = await firefox.SendAsync("browsingContext.create", new { type = "window", userContext });
        var window = new FirefoxWindow(firefox, created.GetProperty("context").GetString()!); // every answer names it
        _windows.Add(window);
        await window.SetSizeAsync(1280, 720);
        return window;
    }

    public override Task SetOfflineAsync(bool isOffline) => firefox.SendAsync(
        "emulation.setNetworkConditions",
        new Dictionary<string, object?>(_target.Select(pair => KeyValuePair.Create(pair.Key, (object?)pair.Value))) { ["networkConditions"] = isOffline ? new { type = "offline" } : null });

    public override async ValueTask DisposeAsync()
    {
        foreach (FirefoxWindow window in _windows)
        {
            await window.DisposeAsync();
        }

        await firefox.SendAsync("browser.removeUserContext", new { userContext });
    }
}
