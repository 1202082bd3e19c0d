using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tidings.Testing;

namespace Tidings.Server.Tests.Commands.Bench;

/// <summary>A server of streams with a form of its own, in which the test decides what the second stream gets to see; all others get everything in order.</summary>
internal sealed class FaultyServer : IAsyncDisposable
{
    /// <summary>Ends the stream instead of sending anything.</summary>
    public const string End = "end";

    private readonly WebApplication _app;
    private readonly List<Channel<string>> _streams = [];
    private readonly Lock _gate = new();
    private readonly Func<string, IEnumerable<string>> _ofSecondStream;

    private FaultyServer(Func<string, IEnumerable<string>> ofSecondStream)
    {
        _ofSecondStream = ofSecondStream;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/pub/{topic}", PublishAsync);
        _app.MapGet("/sub/{topic}", StreamAsync);
    }

    public string[] Options =>
    [
        "--publish-url", $"{_app.Urls.Single()}/pub/{{topic}}", "--publish-body", "<{topic}>{data}</>", "--subscribe-url", $"{_app.Urls.Single()}/sub/{{topic}}",
    ];

    /// <param name="ofSecondStream">What the second stream receives for each event: given its data, answers what is sent.</param>
    public static async Task<FaultyServer> StartAsync(Func<string, IEnumerable<string>> ofSecondStream)
    {
        var server = new FaultyServer(ofSecondStream);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>The publisher and the number in the data of an event.</summary>
    public static (string Publisher, int Number) Read(string data) => (data.Split('-')[1], Convert.ToInt32(data.Split('-')[2], 16));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync().WaitAsync(Hang.Limit);
        await _app.DisposeAsync();
    }

    private async Task PublishAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        string data = (await reader.ReadToEndAsync()).Split('>', '<')[2];
        lock (_gate)
        {
            for (int i = 0; i < _streams.Count; i++)
            {
                foreach (string sent in i == 1 ? _ofSecondStream(data) : [data])
                {
                    if (sent == End)
                    {
                        _streams[i].Writer.TryComplete();
                    }

                    _streams[i].Writer.TryWrite(sent);
                }
            }
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private async Task StreamAsync(HttpContext context)
    {
        var channel = Channel.CreateUnbounded<string>();
        lock (_gate)
        {
            _streams.Add(channel);
        }

        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync();
        await foreach (string data in channel.Reader.ReadAllAsync(context.RequestAborted))
        {
            await context.Response.WriteAsync($"id: 1\r\ndata:{data}\r\n\r\n");
        }
    }
}
