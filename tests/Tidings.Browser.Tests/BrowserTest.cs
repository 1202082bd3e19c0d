using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Tidings.Browser.Tests;

/// <summary>A test with a page of its own. When it fails, it shows what its servers and its page said; an error in a page's script fails it.</summary>
public abstract class BrowserTest(Chromium chromium) : IAsyncLifetime
{
    private readonly List<ShowcaseServer> _servers = [];
    private readonly ConcurrentQueue<string> _console = new();
    private readonly ConcurrentQueue<string> _scriptErrors = new();
    private IBrowserContext? _context;
    private IPage? _page;

    protected IPage Page => _page ?? throw new InvalidOperationException("The page is not open yet.");

    /// <summary>The addresses that the page has asked for, in order.</summary>
    protected ConcurrentQueue<string> Requests { get; } = new();

    public async ValueTask InitializeAsync()
    {
        _context = await chromium.Browser.NewContextAsync();
        _page = await _context.NewPageAsync();
        _page.Console += (_, message) => Heard(message.Text);
        _page.PageError += (_, error) => _scriptErrors.Enqueue(error);
        _page.Request += (_, request) => Requests.Enqueue(request.Url);
    }

    public async ValueTask DisposeAsync()
    {
        if (_context is not null)
        {
            await _context.DisposeAsync();
        }

        foreach (ShowcaseServer server in _servers)
        {
            await server.DisposeAsync();
        }

        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            ITestOutputHelper? output = TestContext.Current.TestOutputHelper;
            output?.WriteLine($"The page's console:\n{string.Join('\n', _console)}");
            _servers.ForEach(server => output?.WriteLine($"The server at {server.Address}:\n{server.Output()}"));
        }

        GC.SuppressFinalize(this);
        Assert.Empty(_scriptErrors);
    }

    protected async Task<ShowcaseServer> StartShowcaseAsync(double pace, ShowcaseServer? sameAs = null)
    {
        ShowcaseServer server = await ShowcaseServer.StartAsync(pace, sameAs);
        _servers.Add(server);
        return server;
    }

    protected Task GotoAsync(ShowcaseServer server, string path) => Page.GotoAsync(new Uri(server.Address, path).AbsoluteUri);

    protected static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    protected static Regex Matching(string pattern) => new(pattern, RegexOptions.None, TimeSpan.FromSeconds(1));

    protected int CountOfRequests(string path) => Requests.Count(url => new Uri(url).AbsolutePath == path);

    /// <summary>Answers requests for <paramref name="path"/> in the server's place.</summary>
    protected Task AnswerAsync(string path, string body, int status = 200) => Page.RouteAsync(
        url => new Uri(url).AbsolutePath == path,
        route => route.FulfillAsync(new RouteFulfillOptions { Status = status, ContentType = "text/event-stream", Body = body }));

    private void Heard(string message)
    {
        _console.Enqueue(message);
        if (message.Contains("Content Security Policy", StringComparison.Ordinal))
        {
            _scriptErrors.Enqueue(message);
        }
    }
}
