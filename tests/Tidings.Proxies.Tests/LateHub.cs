using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tidings.Proxies.Tests;

/// <summary>A server in the place of a hub that says whether it is ready only after a while, as one on a machine that stands still.</summary>
internal sealed class LateHub : IAsyncDisposable
{
    /// <summary>What it answers, at once, to everything else.</summary>
    public const string Answer = ": here\n\n";

    private readonly WebApplication _app;
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LateHub(TimeSpan late)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/healthz/ready", async (HttpContext context) =>
        {
            try
            {
                await Task.Delay(late, TimeProvider.System, context.RequestAborted);
            }
            finally
            {
                _asked.TrySetResult();
            }
        });
        _app.MapFallback(() => Answer);
    }

    public IPEndPoint EndPoint => new(IPAddress.Loopback, new Uri(_app.Urls.Single()).Port);

    /// <summary>Completes when whoever asked first whether it is ready was answered, or did not wait for the answer.</summary>
    public Task AskedWhetherReady => _asked.Task;

    public static async Task<LateHub> StartAsync(TimeSpan late)
    {
        var hub = new LateHub(late);
        await hub._app.StartAsync();
        return hub;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
