using Microsoft.Playwright;

namespace Tidings.Browser.Tests;

internal sealed class ChromiumProfile(IBrowserContext context) : BrowserProfile
{
    public override async Task<BrowserWindow> OpenWindowAsync()
    {
        IPage page = await context.NewPageAsync();
        await page.AddInitScriptAsync($"({PageScript.Watch})()");
        return new ChromiumWindow(page);
    }

    public override Task SetOfflineAsync(bool isOffline) => context.SetOfflineAsync(isOffline);

    public override ValueTask DisposeAsync() => context.DisposeAsync();
}
