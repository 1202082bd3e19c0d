namespace Tidings.Browser.Tests;

/// <summary>
/// A test with a browser's window of its own. When it fails, it shows what its servers and its windows said; an error in a page's script fails it. Written once as an abstract class, with a
/// nested class for each browser that it is run in.
/// </summary>
public abstract class BrowserTest(IBrowser browser) : IAsyncLifetime
{
    /// <summary>What the answer of a test begins with that is to be given once: it ends at once, and otherwise the page would soon ask, and be answered, again.</summary>
    protected const string ComesBackLate = "retry: 600000\n\n";

    private readonly List<ShowcaseServer> _servers = [];
    private readonly List<BrowserProfile> _profiles = [];
    private readonly List<BrowserWindow> _windows = [];
    private BrowserProfile? _profile;
    private BrowserWindow? _window;

    protected IBrowser Browser => browser;

    /// <summary>The profile of <see cref="Window"/>.</summary>
    protected BrowserProfile Profile => _profile ?? throw new InvalidOperationException("The browser is not open yet.");

    /// <summary>The window that each test begins with.</summary>
    protected BrowserWindow Window => _window ?? throw new InvalidOperationException("The window is not open yet.");

    public async ValueTask InitializeAsync()
    {
        _profile = await NewProfileAsync();
        _window = await OpenWindowAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (BrowserProfile profile in _profiles)
        {
            await profile.DisposeAsync();
        }

        foreach (ShowcaseServer server in _servers)
        {
            await server.DisposeAsync();
        }

        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            ITestOutputHelper? output = TestContext.Current.TestOutputHelper;
            _windows.ForEach(window => output?.WriteLine($"A window's console:\n{string.Join('\n', window.Console)}"));
            _servers.ForEach(server => output?.WriteLine($"The server at {server.Address}:\n{server.Output()}"));
        }

        GC.SuppressFinalize(this);
        Assert.Empty(_windows.SelectMany(window => window.ScriptErrors));
    }

    /// <summary>Opens one more window; beside <see cref="Window"/> if no profile is named.</summary>
    protected async Task<BrowserWindow> OpenWindowAsync(BrowserProfile? profile = null)
    {
        BrowserWindow window = await (profile ?? Profile).OpenWindowAsync();
        _windows.Add(window);
        return window;
    }

    /// <summary>Another user of the same browser.</summary>
    /// <param name="acceptsAnyCertificate">Whether certificates that nobody has signed are good enough.</param>
    protected async Task<BrowserProfile> NewProfileAsync(bool acceptsAnyCertificate = false)
    {
        BrowserProfile profile = await browser.NewProfileAsync(acceptsAnyCertificate);
        _profiles.Add(profile);
        return profile;
    }

    /// <summary>A Showcase that tests share: for those that only look at it.</summary>
    protected static Task<ShowcaseServer> ShareShowcaseAsync(double pace) => SharedShowcases.OfThisRunAsync(pace);

    /// <summary>A Showcase of the test's own.</summary>
    /// <param name="pace">What all its intervals are multiplied by.</param>
    /// <param name="sameAs">A server that has ended and whose ports this one takes over.</param>
    protected async Task<ShowcaseServer> StartShowcaseAsync(double pace, ShowcaseServer? sameAs = null)
    {
        ShowcaseServer server = await ShowcaseServer.StartAsync(pace, sameAs);
        _servers.Add(server);
        return server;
    }

    protected Task GoToAsync(ShowcaseServer server, string path) => Window.GoToAsync(new Uri(server.Address, path));
}
