namespace Tidings.Browser.Tests;

/// <summary>What the windows of one user share: cookies, storage, channels, locks and the network. Closing it closes them.</summary>
public abstract class BrowserProfile : IAsyncDisposable
{
    /// <summary>Opens a window, which is visible beside all others.</summary>
    public abstract Task<BrowserWindow> OpenWindowAsync();

    /// <summary>
    /// Takes the network away from all windows, or gives it back. <c>navigator.onLine</c> and its events tell of it, and no new request gets through. Streams that are open stay so, in both
    /// browsers: a test that wants them cut has to cut them at the server.
    /// </summary>
    public abstract Task SetOfflineAsync(bool isOffline);

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}
