using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Tidings.Testing;

namespace Tidings.Postgres.Tests.Nodes;

/// <summary>The lists of active subscriptions of two hubs on one log in PostgreSQL, through HTTP.</summary>
public sealed class SubscriptionsOfNodesTests(SharedServer shared)
{
    private const string Hub = "/.well-known/mercure";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_at_one_hub_is_listed_at_the_other_and_its_end_is_told_there_also_when_the_hub_has_stopped()
    {
        PostgresLogOptions log = shared.NewLog();
        await using Node one = await Node.StartAsync(log);
        await using Node two = await Node.StartAsync(log);
        await using Subscriber listener = await two.ListenAsync();
        using HttpResponseMessage stream = await one.OpenAsync("news");

        await ReadUntilAsync(listener, "\"match\":\"news\"", "\"active\":true");
        Assert.Contains("\"match\":\"news\"", await two.ListAsync(), StringComparison.Ordinal);
        Assert.Equal(await one.ListAsync(), await two.ListAsync());
        await one.StopAsync();
        await ReadUntilAsync(listener, "\"match\":\"news\"", "\"active\":false");

        Assert.DoesNotContain("\"match\":\"news\"", await two.ListAsync(), StringComparison.Ordinal);
    }

    private static async Task ReadUntilAsync(Subscriber listener, params string[] texts)
    {
        while (await listener.WaitToReadAsync().AsTask().WaitAsync(Hang.Limit, TimeProvider.System, Cancellation))
        {
            while (listener.TryRead(out ReadOnlyMemory<byte> frame))
            {
                string text = Encoding.UTF8.GetString(frame.Span);
                if (texts.All(part => text.Contains(part, StringComparison.Ordinal)))
                {
                    return;
                }
            }
        }

        Assert.Fail($"The stream ended before {string.Join(", ", texts)}.");
    }

    /// <summary>A hub in dev mode, on a real Kestrel in memory.</summary>
    private sealed class Node(WebApplication app, HttpClient client) : IAsyncDisposable
    {
        public static async Task<Node> StartAsync(PostgresLogOptions log)
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            var transport = new InMemoryTransport();
            builder.Logging.ClearProviders();
            builder.Services
                .AddTidings(options =>
                {
                    options.Dev = true;
                    options.DrainWindow = TimeSpan.Zero;
                    options.Subscriptions.Enabled = true;
                })
                .AddPostgresLog(options =>
                {
                    options.ConnectionString = log.ConnectionString;
                    options.Schema = log.Schema;
                    options.CommandTimeout = log.CommandTimeout;
                    options.AppendTimeout = log.AppendTimeout;
                });
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 5001));
            builder.Services.RemoveAll<IConnectionListenerFactory>();
            builder.Services.AddSingleton<IConnectionListenerFactory>(transport);
            WebApplication app = builder.Build();
            app.MapTidings();
            await app.StartAsync(Cancellation);
            var handler = new SocketsHttpHandler { ConnectCallback = (_, _) => ValueTask.FromResult(transport.Connect(5001)) };
            return new Node(app, new HttpClient(handler) { BaseAddress = new Uri("http://localhost:5001") });
        }

        public Task<HttpResponseMessage> OpenAsync(string match) =>
            client.GetAsync(new Uri($"{Hub}?match={Uri.EscapeDataString(match)}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancellation);

        public ValueTask<Subscriber> ListenAsync() => app.Services.GetRequiredService<Broker>().SubscribeAsync(
            new SubscribeOptions(TopicMatcher.All) { Visibility = EventVisibility.IncludingPrivate }, Cancellation);

        public Task<string> ListAsync() => client.GetStringAsync(new Uri($"{Hub}/subscriptions", UriKind.Relative), Cancellation);

        public Task StopAsync() => app.StopAsync(Cancellation);

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            await app.DisposeAsync();
        }
    }
}
