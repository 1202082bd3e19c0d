namespace Tidings.Browser.Tests;

/// <summary>What the windows of one user share: cookies, storage, channels, locks and the network. Closing it closes them.</summary>
public abstract class BrowserProfile : IAsyncDisposable
{
    /// <summary>Opens a window, which is visible beside all others.</summary>
    public abstract Task<BrowserWindow> OpenWindowAsync();

    /// <summary>
    /// Takes the network away from all windows, or gives it back. <c>navigator.onLine</c> tells it at once, and no request gets through. What becomes of streams that are open is the
    /// browser's: Chromium breaks them, Firefox leaves them.
    /// </summary>
    public abstract Task SetOfflineAsync(bool isOffline);

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}
