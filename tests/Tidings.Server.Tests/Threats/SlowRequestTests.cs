using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Tidings.Testing;

namespace Tidings.Server.Tests.Threats;

/// <summary>Requests that come byte by byte, so that many connections cost their sender little and the hub much.</summary>
public sealed class SlowRequestTests
{
    private const int Senders = 300;
    private static readonly TimeSpan BetweenBytes = TimeSpan.FromMilliseconds(200);

    [Theory]
    [InlineData("GET")] // the head never ends
    [InlineData("POST")] // the head is whole, and the body comes slower than 240 B/s
    public async Task Requests_that_come_byte_by_byte_are_cut_and_hinder_no_publisher(string method)
    {
        await using TestHub hub = await TestHub.StartAsync(settings: ("Tidings:Connections:HeadersTimeout", "00:00:01"));
        string head = $"{method} {TidingsEndpointRouteBuilderExtensions.DefaultHubPath} HTTP/1.1\r\nHost: localhost\r\n";
        string start = method == "GET" ? head : $"{head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n";
        using var over = new CancellationTokenSource();
        Task<string>[] slow = [.. Enumerable.Range(0, Senders).Select(_ => TrickleAsync(hub.Client.BaseAddress!, start, over.Token))]; // set by the hub
        Task published = PublishUntilAsync(hub, over.Token);

        string[] answers = await Task.WhenAll(slow).WaitAsync(Hang.Limit, TestContext.Current.CancellationToken);
        await over.CancelAsync();
        await published;

        Assert.All(answers, answer => Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal));
    }

    // Each publish is answered while the others trickle; one that is not ends the test by its time.
    private static async Task PublishUntilAsync(TestHub hub, CancellationToken over)
    {
        do
        {
            using var form = new FormUrlEncodedContent([KeyValuePair.Create("topic", "news"), KeyValuePair.Create("data", "x")]);
            using HttpResponseMessage response = await hub.Client.PostAsync(hub.Url, form, TestContext.Current.CancellationToken);
            response.EnsureSuccessStatusCode();
        }
        while (!over.IsCancellationRequested);
    }

    /// <summary>Sends the start of a request, and then a byte now and again until the hub ends the connection; returns its answer.</summary>
    private static async Task<string> TrickleAsync(Uri hub, string start, CancellationToken over)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(hub.Host, hub.Port, over);
        NetworkStream stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(start), over);
        Task<string> answer = ReadAsync(stream);
        while (!answer.IsCompleted)
        {
            try
            {
                await stream.WriteAsync("x"u8.ToArray(), over);
            }
            catch (IOException)
            {
                break; // cut between two bytes
            }

            await Task.WhenAny(answer, Task.Delay(BetweenBytes, TimeProvider.System, over));
        }

        return await answer;
    }

    // Bytes that cross the end of the connection make the system reset it; what was read before counts.
    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[1024];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer)) > 0)
            {
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // The connection was reset.
        }

        return text.ToString();
    }
}
