using Tidings.Testing;

namespace Tidings.Browser.Tests.Hub;

/// <summary>A page of <c>tidings serve --tls</c>.</summary>
public abstract class TlsTests(IBrowser browser) : BrowserTest(browser)
{
    private const string Secret = "kX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU";

    [Fact]
    public async Task Thirty_streams_are_open_over_HTTP_2_beside_requests_and_the_cookie_that_needs_TLS_shows_private_events()
    {
        DirectoryInfo data = Directory.CreateTempSubdirectory("tidings-tls-");
        string[] received = await ReceiveAsync(data);
        data.Delete(recursive: true);
        Assert.Equal(["h2", .. Enumerable.Repeat("for one", 30)], received);
    }

    private async Task<string[]> ReceiveAsync(DirectoryInfo data)
    {
        string output = AppContext.BaseDirectory.Replace("tests/Tidings.Browser.Tests", "src/Tidings.Server", StringComparison.Ordinal);
        await using ServerProcess hub = ServerProcess.Start(
            "dotnet",
            [Path.Combine(output, "Tidings.Server.dll"), "serve", "--dev", "--tls", "--urls", "https://127.0.0.1:0", "--set", $"Tidings:Legacy:Subscriber:Key={Secret}"],
            data.FullName,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["XDG_DATA_HOME"] = data.FullName });
        string line = (await hub.WaitForLinesAsync("  page  "))[0];
        BrowserWindow window = await OpenWindowAsync(await NewProfileAsync(acceptsAnyCertificate: true));
        await window.GoToAsync(new Uri(line["  page  ".Length..].Trim()));

        return await window.EvaluateAsync<string[]>(
            """
            async token => {
              document.cookie = `__Secure-mercure_access_token=${token}; Secure; SameSite=Strict; Path=/.well-known/mercure`;
              const url = '/.well-known/mercure?topic=orders';
              const sources = Array.from({ length: 30 }, (_, number) => new EventSource(`${url}&n=${number}`, { withCredentials: true }));
              await Promise.all(sources.map(source => new Promise(resolve => { source.onopen = resolve; })));
              const events = sources.map(source => new Promise(resolve => { source.onmessage = event => resolve(event.data); }));
              await fetch('/.well-known/mercure', { method: 'POST', body: new URLSearchParams({ topic: 'orders', data: 'for one', private: 'on' }), credentials: 'omit' });
              const protocol = performance.getEntriesByType('navigation')[0].nextHopProtocol;
              const all = await Promise.all(events);
              sources.forEach(source => source.close());
              return [protocol, ...all];
            }
            """,
            TestTokens.Legacy(Secret, """{"subscribe":["*"]}"""));
    }

    /// <inheritdoc />
    public sealed class InChromium(Chromium chromium) : TlsTests(chromium);

    /// <inheritdoc />
    public sealed class InFirefox(Firefox firefox) : TlsTests(firefox);
}
