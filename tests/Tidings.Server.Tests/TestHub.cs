using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Tidings.Server.Tests;

/// <summary>The stand-alone hub, in dev mode unless told otherwise, inside the test process on a port of its own.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestHub(WebApplication app)
    {
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Client { get; }

    public Uri Url => new(Client.BaseAddress!, TidingsEndpointRouteBuilderExtensions.DefaultHubPath); // set by the constructor

    public static async Task<TestHub> StartAsync(bool isDev = true, params (string Name, string Value)[] settings)
    {
        // In memory, unless the test says where on disk.
        bool isOnDisk = settings.Any(setting => setting.Name.StartsWith("Tidings:SqliteLog", StringComparison.Ordinal));
        WebApplication app = HubServer.Build(
        [
            new("Tidings:Log", isOnDisk ? "disk" : "memory"),
            new("urls", "http://127.0.0.1:0"),
            new("Tidings:Dev", isDev.ToString()),
            new("Tidings:DrainWindow", "00:00:00"),
            new("Logging:LogLevel:Tidings", "None"),
            .. settings.Select(setting => new KeyValuePair<string, string?>(setting.Name, setting.Value)),
        ]);
        await app.StartAsync();
        return new TestHub(app);
    }

    /// <summary>What the hub publishes with, without the bounds that it sets to publishers over HTTP.</summary>
    public Broker Broker => _app.Services.GetRequiredService<Broker>();

    public IServiceProvider Services => _app.Services;

    /// <summary>The bytes of everything that the hub keeps on the topic, private events included.</summary>
    public async Task<string> ReadFramesAsync(string topic, int count)
    {
        await using Subscriber subscriber = await Broker.SubscribeAsync(new SubscribeOptions([TopicMatcher.Exact(Topic.Of(topic))])
        {
            StartAt = StartAt.Earliest,
            Visibility = EventVisibility.IncludingPrivate,
        });
        string frames = "";
        for (int read = 0; read < count;)
        {
            Assert.True(await subscriber.WaitToReadAsync());
            while (subscriber.TryRead(out ReadOnlyMemory<byte> frame))
            {
                frames += System.Text.Encoding.UTF8.GetString(frame.Span);
                read++;
            }
        }

        return frames;
    }

    /// <summary>What somebody without any right sees of the topic from its beginning on, up to the first event.</summary>
    public async Task<string> ReadPublicLineAsync(string topic)
    {
        using Stream stream = await Client.GetStreamAsync(new Uri($"{Url}?match={topic}&last_event_id=earliest"));
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data", StringComparison.Ordinal))
            {
                return line;
            }
        }

        return "";
    }

    /// <summary>Sends the bytes of a request as they are and reads the answer to its end.</summary>
    public async Task<string> RequestRawAsync(string request)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(Client.BaseAddress!.Host, Client.BaseAddress.Port); // set by the constructor
        NetworkStream stream = connection.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    /// <summary>Begins to stop the hub. When this returns it takes no new streams; the task ends when the open ones have ended.</summary>
    public Task BeginStopping() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
