using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests;

/// <summary>An app on a real Kestrel in memory, with a clock that the test moves; HTTP/1.1 on one port, HTTP/2 on another.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    public const string HubPath = "/.well-known/mercure";
    public const int Http1Port = 5001;
    public const int Http2Port = 5002;

    private readonly WebApplication _app;

    private TestApp(WebApplication app, InMemoryTransport transport, FakeTimeProvider time, LogLines log)
    {
        _app = app;
        Transport = transport;
        Time = time;
        Log = log;
        Client = NewClient();
    }

    public InMemoryTransport Transport { get; }

    public FakeTimeProvider Time { get; }

    public LogLines Log { get; }

    /// <summary>Set by a test in which the app is expected to log an error.</summary>
    public bool MayFail { get; set; }

    public HttpClient Client { get; }

    public Broker Broker => _app.Services.GetRequiredService<Broker>();

    public IServiceProvider Services => _app.Services;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts an app; by default a hub in dev mode.</summary>
    public static async Task<TestApp> StartAsync(
        Action<TidingsOptions>? options = null,
        Action<WebApplication>? map = null,
        Action<WebApplicationBuilder>? build = null)
    {
        var transport = new InMemoryTransport();
        var time = new FakeTimeProvider();
        var log = new LogLines();
        WebApplicationBuilder builder = NewBuilder(time, log, options);
        build?.Invoke(builder);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, Http1Port);
            kestrel.Listen(IPAddress.Loopback, Http2Port, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.RemoveAll<IConnectionListenerFactory>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(transport);
        WebApplication app = builder.Build();
        if (map is null)
        {
            app.MapTidings();
        }
        else
        {
            map(app);
        }

        await app.StartAsync(Cancellation);
        return new TestApp(app, transport, time, log);
    }

    /// <summary>A hub in dev mode with the test's clock and log, that ends at once; where it listens is still to be said.</summary>
    public static WebApplicationBuilder NewBuilder(FakeTimeProvider time, LogLines log, Action<TidingsOptions>? options)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Hang.Limit); // by the clock of the machine, which is not the test's
        builder.Services.AddTidings(settings =>
        {
            settings.Dev = true;
            settings.DrainWindow = TimeSpan.Zero;
            settings.MaxStreamAge = TimeSpan.Zero; // however much time a test lets pass until something has happened
            options?.Invoke(settings);
        });
        return builder;
    }

    /// <summary>A client with connections of its own.</summary>
    public HttpClient NewClient(bool http2 = false)
    {
        int port = http2 ? Http2Port : Http1Port;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectCallback = (_, _) => ValueTask.FromResult(Transport.Connect(port)),
        };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"http://localhost:{port}"),
            DefaultRequestVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public async Task<HttpResponseMessage> PublishAsync(params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        return await Client.PostAsync(HubPath, form, Cancellation);
    }

    /// <summary>Publishes and returns the event's id.</summary>
    public async Task<string> PublishAsync(string topic, string data)
    {
        using HttpResponseMessage response = await PublishAsync(("topic", topic), ("data", data));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    public Task<TestStream> SubscribeAsync(string topic, string? lastEventId = null, bool http2 = false) =>
        OpenAsync($"{HubPath}?match={Uri.EscapeDataString(topic)}", lastEventId, http2);

    public async Task<TestStream> OpenAsync(string path, string? lastEventId = null, bool http2 = false)
    {
        // Each stream has a client of its own: nothing is shared but the server.
        HttpClient client = NewClient(http2);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        return await TestStream.OpenAsync(client, request);
    }

    public Task StopAsync() => _app.StopAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();

        // What no test asserts must not happen in any: an exception that the app did not expect.
        foreach ((LogLevel level, string text) in Log.Lines)
        {
            Assert.True(level < LogLevel.Error || MayFail, text);
        }
    }
}
