using System.Net;
using System.Net.Sockets;
using System.Text;
using Tidings.Testing;

namespace Tidings.Server.Tests.Threats;

/// <summary>More connections than the process may have files open, its log and the parts of its runtime included.</summary>
public sealed class OpenFilesTests
{
    private const int Files = 512;
    private const int Connections = 3000;
    private const int Publishes = 20;
    private const string DevServer = "http://127.0.0.1:0";

    [Fact]
    public async Task More_connections_than_fit_are_turned_away_and_everybody_else_goes_on()
    {
        await using RunningCommand command = RunningCommand.Start(["serve", "--dev", "--log", "disk", "--urls", DevServer, "--set", "Tidings:DrainWindow=00:00:00"], openFiles: Files);
        Uri hub = await command.HubAsync();
        using var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }); // each publish on a connection of its own
        using Stream stream = await client.GetStreamAsync(new Uri($"{hub}?match=news"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);

        // All at once, so that the hub has no time to close the ones while it accepts the others.
        Socket[] crowd = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => OpenAsync(hub)));
        for (int i = 1; i < Publishes; i++)
        {
            await PublishAsync(client, hub, $"{i}");
        }

        await PublishAsync(client, hub, "last");
        Assert.Equal(Publishes, await CountEventsAsync(reader, "last"));

        Array.ForEach(crowd, socket => socket.Dispose());
        await WaitForRoomAsync(client, hub);
        command.Signal("TERM");
        (int code, _, string error) = await command.EndAsync();
        Assert.Equal(0, code);
        Assert.DoesNotContain("fail:", RunningCommand.WithoutStalls(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_may_open_too_few_files_says_so_and_does_not_start()
    {
        await using RunningCommand command = RunningCommand.Start(["serve", "--dev", "--urls", DevServer], openFiles: 300);

        (int code, _, string error) = await command.EndAsync();

        Assert.Equal(2, code);
        Assert.Contains("This process may open 300 files, ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    private static async Task<Socket> OpenAsync(Uri hub)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, hub.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {hub.AbsolutePath}?match=crowd HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        }
        catch (SocketException)
        {
            // Turned away already.
        }

        return socket;
    }

    private static async Task PublishAsync(HttpClient client, Uri hub, string data)
    {
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("topic", "news"), KeyValuePair.Create("data", data)]);
        using HttpResponseMessage response = await client.PostAsync(hub, form, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private static async Task<int> CountEventsAsync(StreamReader reader, string last)
    {
        for (int count = 0; ;)
        {
            string line = await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Hang.Limit) ?? throw new EndOfStreamException();
            count += line.StartsWith("data:", StringComparison.Ordinal) ? 1 : 0;
            if (line == $"data: {last}")
            {
                return count;
            }
        }
    }

    // The hub notices that the crowd has left one by one.
    private static async Task WaitForRoomAsync(HttpClient client, Uri hub)
    {
        HttpStatusCode status;
        using var patience = new CancellationTokenSource(Hang.Limit, TimeProvider.System);
        do
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri($"{hub}?match=crowd"), HttpCompletionOption.ResponseHeadersRead, patience.Token);
            status = response.StatusCode;
        }
        while (status != HttpStatusCode.OK);
    }
}
