using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests;

/// <summary>A hub on a real Kestrel with real sockets on a loopback port of its own, for what depends on the operating system; the clock is the test's.</summary>
internal sealed class SocketApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SocketApp(WebApplication app, FakeTimeProvider time, MetricCounts metrics)
    {
        _app = app;
        Time = time;
        Metrics = metrics;
    }

    public FakeTimeProvider Time { get; }

    /// <summary>The server's socket of the request that came last.</summary>
    public Socket? LastSocket { get; private set; }

    public MetricCounts Metrics { get; }

    public Uri Address => new(_app.Urls.Single());

    public Broker Broker => _app.Services.GetRequiredService<Broker>();

    /// <param name="options">What the hub is told beside dev mode.</param>
    /// <param name="isDirect">Whether streams may write straight to their sockets.</param>
    /// <param name="configure">What else the app is, before the hub is mapped.</param>
    /// <param name="listen">How the port listens.</param>
    public static async Task<SocketApp> StartAsync(
        Action<TidingsOptions>? options = null, bool isDirect = false, Action<WebApplication>? configure = null, Action<ListenOptions>? listen = null)
    {
        var time = new FakeTimeProvider();
        WebApplicationBuilder builder = TestApp.NewBuilder(time, new LogLines(), settings =>
        {
            settings.DeadPeerTimeout = TimeSpan.FromHours(1); // by the clock of the operating system, which is not the test's
            options?.Invoke(settings);
        });
        var metrics = new MetricCounts();
        builder.Services.AddSingleton<System.Diagnostics.Metrics.IMeterFactory>(metrics);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => listen?.Invoke(endpoint));
            kestrel.Limits.MaxResponseBufferSize = 16 * 1024; // as the stand-alone hub has it
        });
        if (isDirect)
        {
            builder.WebHost.UseTidingsSockets();
        }

        WebApplication app = builder.Build();
        var started = new SocketApp(app, time, metrics);
        app.Use((context, next) =>
        {
            started.LastSocket = context.Features.Get<IConnectionSocketFeature>()?.Socket;
            return next(context);
        });
        configure?.Invoke(app);
        app.MapTidings();
        await app.StartAsync(TestApp.Cancellation);
        return started;
    }

    /// <summary>Asks for a stream of <c>news</c> on a connection with a receive buffer as small as the system has them, and reads nothing but the head and the first comment.</summary>
    public async Task<Socket> OpenSleeperAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Loopback, Address.Port, TestApp.Cancellation);
        await client.SendAsync(Encoding.ASCII.GetBytes($"GET {TestApp.HubPath}?match=news HTTP/1.1\r\nHost: localhost\r\n\r\n"), TestApp.Cancellation);
        string text = "";
        byte[] one = new byte[1];
        while (!text.EndsWith("\r\n:\n\r\n", StringComparison.Ordinal))
        {
            Assert.Equal(1, await client.ReceiveAsync(one, TestApp.Cancellation));
            text += (char)one[0];
        }

        return client;
    }

    /// <summary>Lets the app's time pass until so many clients were cut because they do not read.</summary>
    public Task WaitForCutsAsync(int count) => WaitUntilAsync(() =>
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        return Metrics.Total("tidings.subscribers.too_slow") >= count; // each is counted once; the log may say it again while it is being cut
    });

    /// <summary>Asks again and again, but not for ever.</summary>
    public static async Task WaitUntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Hang.Limit, TimeProvider.System);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Metrics.Dispose();
    }
}
