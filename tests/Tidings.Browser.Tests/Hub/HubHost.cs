using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tidings.Browser.Tests.Hub;

/// <summary>A hub on a loopback port, with an empty page beside it for scripts of the test.</summary>
internal sealed class HubHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HubHost(WebApplication app) => _app = app;

    public Broker Broker => _app.Services.GetRequiredService<Broker>();

    public Uri Address => new(_app.Urls.Single());

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Address.Port);

    public static async Task<HubHost> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        builder.Services.AddTidings(options =>
        {
            options.Dev = true;
            options.DrainWindow = TimeSpan.Zero;
            options.HeartbeatInterval = TimeSpan.FromMinutes(5); // tests count lines
        });
        builder.Services.AddCors();
        WebApplication app = builder.Build();
        app.UseCors();
        app.MapTidings().RequireCors(policy => policy.AllowAnyOrigin());
        app.MapGet("/page", () => TypedResults.Content("<!doctype html><title>A page of the test</title>", "text/html"));
        await app.StartAsync();
        return new HubHost(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
