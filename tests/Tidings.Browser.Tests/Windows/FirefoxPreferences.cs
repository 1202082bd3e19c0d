namespace Tidings.Browser.Tests;

/// <summary>
/// What a new profile of Firefox is told beside what its remote agent sets by itself: to call nobody, and to give each window a process of its own, so that one can be crashed or stopped
/// alone.
/// </summary>
internal static class FirefoxPreferences
{
    private static readonly (string Name, string Value)[] Preferences =
    [
        ("app.normandy.enabled", "false"),
        ("app.shield.optoutstudies.enabled", "false"),
        ("app.update.enabled", "false"),
        ("browser.aboutwelcome.enabled", "false"),
        ("browser.newtabpage.enabled", "false"),
        ("browser.region.update.enabled", "false"),
        ("browser.search.suggest.enabled", "false"),
        ("browser.startup.page", "0"),
        ("browser.startup.homepage", "\"about:blank\""),
        ("browser.safebrowsing.update.enabled", "false"),
        ("browser.tabs.crashReporting.sendReport", "false"),
        ("datareporting.policy.dataSubmissionEnabled", "false"),
        ("dom.push.enabled", "false"),
        ("extensions.blocklist.enabled", "false"),
        ("extensions.getAddons.cache.enabled", "false"),
        ("extensions.update.enabled", "false"),
        ("media.gmp-manager.updateEnabled", "false"),
        ("media.gmp-provider.enabled", "false"),
        ("network.captive-portal-service.enabled", "false"),
        ("network.connectivity-service.enabled", "false"),
        ("network.dns.disablePrefetch", "true"),
        ("network.http.speculative-parallel-limit", "0"),
        ("network.prefetch-next", "false"),
        ("network.trr.mode", "5"),
        ("toolkit.telemetry.enabled", "false"),
        ("toolkit.telemetry.unified", "false"),
        ("toolkit.telemetry.archive.enabled", "false"),
        ("dom.ipc.processCount", "64"),
        ("dom.ipc.processCount.webIsolated", "64"),
        ("dom.ipc.processPrelaunch.enabled", "true"),
        ("ui.systemUsesDarkTheme", "0"),
    ];

    /// <summary>The lines of a profile's <c>user.js</c>.</summary>
    public static IEnumerable<string> Lines() => Preferences.Select(preference => $"user_pref(\"{preference.Name}\", {preference.Value});");
}
