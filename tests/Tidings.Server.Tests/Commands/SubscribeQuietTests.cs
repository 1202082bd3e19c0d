using System.Net;
using System.Net.Sockets;
using Tidings.Client;
using Tidings.Testing;

namespace Tidings.Server.Tests.Commands;

/// <summary>A hub and the client: what a connection that is cut before its first event may cost.</summary>
public sealed class SubscribeQuietTests
{
    [Fact]
    public async Task A_client_that_is_cut_before_its_first_event_receives_what_is_published_until_it_is_back()
    {
        await using TestHub hub = await TestHub.StartAsync();
        var first = new TaskCompletionSource<Socket>();
        var mayComeBack = new TaskCompletionSource();
        using SocketsHttpHandler handler = EventSource.CreateHandler();
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            if (first.Task.IsCompleted)
            {
                await mayComeBack.Task.WaitAsync(cancellationToken);
            }

            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
            first.TrySetResult(socket);
            return new NetworkStream(socket, ownsSocket: true);
        };
        await using var source = new EventSource(new Uri($"{hub.Url}?match=news"), new EventSourceOptions
        {
            CursorHeartbeats = true,
            Handler = handler,
            ReconnectionTime = TimeSpan.FromMilliseconds(100),
        });
        await using IAsyncEnumerator<ServerSentEvent> reading = source.ReadAllAsync().GetAsyncEnumerator();
        Task<bool> next = reading.MoveNextAsync().AsTask();
        Socket connection = await first.Task.WaitAsync(Hang.Limit);
        using (var patience = new CancellationTokenSource(Hang.Limit))
        {
            while (source.LastEventId.Length == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
            }
        }

        connection.Shutdown(SocketShutdown.Both);
        await hub.Broker.PublishAsync("news", "meanwhile");
        mayComeBack.SetResult();

        Assert.True(await next.WaitAsync(Hang.Limit));
        Assert.Equal("meanwhile", reading.Current.Data);
    }

    [Fact]
    public async Task The_command_asks_a_hub_for_its_place_before_there_is_an_event_and_keeps_it()
    {
        await using TestHub hub = await TestHub.StartAsync();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tidings-quiet-");
        string file = Path.Combine(folder.FullName, "cursor");
        try
        {
            var time = new FakeTimeProvider();
            Task<ExitCode> running = new TestTerminal { Time = time }.RunAsync(
                "subscribe", "--hub", $"{hub.Url}", "--topic", "quiet", "--cursor-file", file, "--timeout", "60");
            using (var patience = new CancellationTokenSource(Hang.Limit))
            {
                while (!File.Exists(file))
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
                }
            }

            time.Advance(TimeSpan.FromSeconds(60));
            Assert.Equal(ExitCode.Ok, await running);
            await hub.Broker.PublishAsync("quiet", "meanwhile");
            var terminal = new TestTerminal();

            Assert.Equal(ExitCode.Ok, await terminal.RunAsync(
                "subscribe", "--hub", $"{hub.Url}", "--topic", "quiet", "--cursor-file", file, "--count", "1"));

            Assert.Equal("meanwhile\n", terminal.Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
