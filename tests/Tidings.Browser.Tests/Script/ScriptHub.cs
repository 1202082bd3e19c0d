using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tidings.Testing;

namespace Tidings.Browser.Tests.Script;

/// <summary>A hub with a page that has <c>tidings.js</c>. It counts its streams, and refuses them on request.</summary>
internal sealed class ScriptHub : IAsyncDisposable
{
    private const string HubPath = TidingsEndpointRouteBuilderExtensions.DefaultHubPath;

    // What the page has received is kept by number, and whether it holds the lock is seen where it asks for it.
    private const string Page =
        """
        <!doctype html><link rel="icon" href="data:,"><title>A page of the test</title>
        <script type="module">
          import { TidingsSource } from "/tidings.js";
          window.leads = false;
          const request = navigator.locks.request.bind(navigator.locks);
          let turns = 0;
          navigator.locks.request = (name, options, lead) => request(name, options, () => {
            const turn = ++turns;
            window.leads = true;
            return lead().finally(() => { window.leads = window.leads && turn !== turns; });
          });
          window.listen = (options, url = "/.well-known/mercure?match=news") => {
            window.received = [];
            window.told = [];
            window.source = new TidingsSource(url, options);
            source.onmessage = event => received.push(event.data);
            source.onopen = () => told.push("open");
            source.onerror = event => told.push(`${event.reason} ${event.status ?? "-"} ${event.delay === undefined ? "final" : "again"}`);
            source.ongap = event => told.push(`gap ${event.reason}`);
          };
        </script>
        """;

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _streams = new();
    private int _open;

    private ScriptHub(WebApplication app) => _app = app;

    /// <summary>How many streams are open at this moment.</summary>
    public int OpenStreams => Volatile.Read(ref _open);

    /// <summary>The last event IDs with which streams were opened, in order.</summary>
    public IReadOnlyCollection<string> Streams => _streams;

    /// <summary>The status with which the next requests are refused; 0 to let them in.</summary>
    public int Refusal { get; set; }

    /// <summary>How the requests before those are refused, one after the other: the status, and when to come back.</summary>
    public ConcurrentQueue<(int Status, string? RetryAfter)> Refusals { get; } = new();

    /// <summary>How many requests were refused.</summary>
    public int Refused { get; private set; }

    public string PageUrl => $"http://localhost:{new Uri(_app.Urls.Single()).Port}/page";

    private Broker Broker => _app.Services.GetRequiredService<Broker>();

    /// <param name="configure">Settings of the hub.</param>
    /// <param name="map">What else there is.</param>
    public static async Task<ScriptHub> StartAsync(Action<TidingsOptions>? configure = null, Action<WebApplication>? map = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Services.AddTidings(options =>
        {
            options.Dev = true;
            options.DrainWindow = TimeSpan.Zero;
            configure?.Invoke(options);
        });
        WebApplication app = builder.Build();
        var hub = new ScriptHub(app);
        app.UseRouting();
        app.Use(hub.CountAsync);
        app.MapTidings();
        app.MapTidingsScript();
        app.MapGet("/page", () => TypedResults.Content(Page, "text/html"));
        map?.Invoke(app);
        await app.StartAsync();
        return hub;
    }

    public async Task<string> PublishAsync(int number) =>
        (await Broker.PublishAsync("news", number.ToString(CultureInfo.InvariantCulture), CancellationToken.None)).Value;

    /// <summary>Publishes the numbers from <paramref name="first"/> on until it is enough; the last of them.</summary>
    public async Task<int> PublishUntilAsync(int first, CancellationToken enough)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(3), TimeProvider.System);
        int number = first - 1;
        try
        {
            while (await timer.WaitForNextTickAsync(enough))
            {
                await PublishAsync(++number);
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // Enough of them.
        }

        return number;
    }

    /// <summary>Waits until so many streams are open.</summary>
    public async Task WaitForOpenStreamsAsync(int count)
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (OpenStreams != count)
        {
            Assert.False(patience.IsCancellationRequested, $"{OpenStreams} streams are open, not {count}. They came with: {string.Join(' ', _streams)}");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path != HubPath || !HttpMethods.IsGet(context.Request.Method))
        {
            await next(context);
        }
        else if (Refusals.TryDequeue(out (int Status, string? RetryAfter) refusal))
        {
            Refused++;
            context.Response.StatusCode = refusal.Status;
            context.Response.Headers.RetryAfter = refusal.RetryAfter;
        }
        else if (Refusal != 0)
        {
            Refused++;
            context.Response.StatusCode = Refusal;
        }
        else
        {
            _streams.Enqueue(context.Request.Headers["Last-Event-ID"].ToString());
            Interlocked.Increment(ref _open);
            try
            {
                await next(context);
            }
            finally
            {
                Interlocked.Decrement(ref _open);
            }
        }
    }
}
