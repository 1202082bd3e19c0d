using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;
using System.Text;
using Tidings.Testing;

namespace Tidings.Server.Tests.Serving.Tls;

/// <summary>Many streams over one connection, which is what HTTP/2 is for here: a browser opens no more than six connections to a host.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class Http2Tests : IDisposable
{
    private const int Streams = 30;
    private const int Events = 1000;
    private const int EventsPerRequest = 100;

    private readonly TlsHub _hub = new();

    [Fact]
    public async Task Thirty_streams_of_one_connection_receive_everything_in_order_and_end_with_the_hub_in_seconds()
    {
        await using RunningCommand command = _hub.Start(["--dev", "--tls", "--urls", TlsHub.AnyPort, .. Endings.Settings]);
        Uri hub = await command.HubAsync();
        int connections = 0;
        using HttpClient client = TlsHub.ClientTrusting(_hub.DevelopmentFile, HttpVersion.Version20, () => Interlocked.Increment(ref connections));
        TestStream[] streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ =>
            TestStream.OpenAsync(client, new HttpRequestMessage(HttpMethod.Get, $"{hub}?match=news"))));

        for (int first = 0; first < Events; first += EventsPerRequest)
        {
            string batch = string.Join(',', Enumerable.Range(first, EventsPerRequest).Select(number => $$"""{"topic":"news","data":"{{number}}"}"""));
            using var content = new StringContent($"[{batch}]", Encoding.UTF8, "application/json");
            (await client.PostAsync(hub, content, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        }

        string[] expected = [.. Enumerable.Range(0, Events).Select(number => $"{number}")];
        await Task.WhenAll(streams.Select(stream => stream.ReadEventsAsync(Events)));
        Assert.All(streams, stream => Assert.Equal(expected, stream.Events.Select(received => received.Data)));
        Assert.All(streams, stream => Assert.Equal(HttpVersion.Version20, stream.Response.Version));
        Assert.Equal(1, connections);

        Task<bool>[] endings = [.. streams.Select(Endings.IsInOrderAsync)];
        var watch = Stopwatch.StartNew();
        command.Signal("TERM");
        (int code, _, string error) = await command.EndAsync();

        Assert.True(code == 0, error);
        bool[] inOrder = await Task.WhenAll(endings);
        Endings.AssertInOrder(inOrder, error);
        Assert.All(streams, stream => Assert.Equal(Events, stream.Events.Count));
        Assert.All(streams.Where((_, i) => inOrder[i]), stream => Assert.Contains("retry:", stream.Text, StringComparison.Ordinal));
        TestContext.Current.TestOutputHelper?.WriteLine($"Ended after {watch.Elapsed.TotalSeconds:F1} s.");
    }

    public void Dispose() => _hub.Dispose();
}
