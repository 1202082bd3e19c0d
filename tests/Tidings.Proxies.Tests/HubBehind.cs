using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Server;
using Tidings.Testing;

namespace Tidings.Proxies.Tests;

/// <summary>The stand-alone hub on a loopback port, outside dev mode, which believes the proxies of this machine.</summary>
internal sealed class HubBehind : IAsyncDisposable
{
    public const string Cookie = "__Secure-mercure_access_token";

    private const string Secret = "kX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU";

    private readonly WebApplication _app;

    private HubBehind(WebApplication app) => _app = app;

    /// <summary>A token that may publish everything, and one that may receive everything.</summary>
    public static string Publisher { get; } = TestTokens.Legacy(Secret, """{"publish":["*"]}""");

    public static string Subscriber { get; } = TestTokens.Legacy(Secret, """{"subscribe":["*"]}""");

    public IPEndPoint EndPoint => new(IPAddress.Loopback, new Uri(_app.Urls.Single()).Port);

    public Broker Broker => _app.Services.GetRequiredService<Broker>();

    public static async Task<HubBehind> StartAsync(params (string Name, string Value)[] settings)
    {
        WebApplication app = HubServer.Build(
        [
            new("Tidings:Log", "memory"),
            new("urls", "http://127.0.0.1:0"),
            new("Tidings:AllowAnonymous", "true"),
            new("Tidings:Proxies:0", "127.0.0.1"),
            new("Tidings:Legacy:Publisher:Key", Secret),
            new("Tidings:Legacy:Subscriber:Key", Secret),
            new("Tidings:DrainWindow", "00:00:00"),
            new("Logging:LogLevel:Tidings", "None"),
            .. settings.Select(setting => new KeyValuePair<string, string?>(setting.Name, setting.Value)),
        ]);
        await app.StartAsync();
        return new HubBehind(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
