using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Connections;

/// <summary>Streams that write straight to their sockets: the same bytes as through the server, and through the server wherever something stands between.</summary>
public sealed class DirectStreamTests
{
    private static readonly Version Http10 = HttpVersion.Version10;
    private static readonly Version Http11 = HttpVersion.Version11;
    private static readonly Version Http2 = HttpVersion.Version20;

    [Fact]
    public async Task A_stream_over_plain_HTTP_1_1_writes_straight_to_its_socket() =>
        Assert.True(await IsDirectAsync(Http11));

    [Fact]
    public async Task Without_these_sockets_the_server_writes() =>
        Assert.False(await IsDirectAsync(Http11, isDirect: false));

    [Fact]
    public async Task A_response_of_HTTP_1_0_has_no_chunks_and_the_server_writes_it() =>
        Assert.False(await IsDirectAsync(Http10));

    [Fact]
    public async Task HTTP_2_shares_its_connection_and_the_server_writes() =>
        Assert.False(await IsDirectAsync(Http2, listen: endpoint => endpoint.Protocols = HttpProtocols.Http2));

    [Fact]
    public async Task What_is_encrypted_goes_through_the_server()
    {
        using var authority = new TestAuthority();
        (string certificates, string key) = authority.Sign("localhost");
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(certificates, key);
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPem(authority.RootPem);
        trust.ExtraStore.ImportFromPem(certificates);
        Assert.False(await IsDirectAsync(Http11, trust: trust, listen: endpoint => endpoint.UseHttps(certificate)));
    }

    [Fact]
    public async Task A_layer_that_somebody_put_above_the_socket_is_not_passed_by() =>
        Assert.False(await IsDirectAsync(Http11, listen: endpoint => endpoint.UseConnectionLogging()));

    [Fact]
    public async Task A_middleware_that_takes_the_body_is_not_passed_by() =>
        Assert.False(await IsDirectAsync(Http11, prepare: context => context.Response.Body = new BufferedStream(context.Response.Body)));

    [Fact]
    public async Task A_response_with_a_length_is_the_servers() =>
        Assert.False(await IsDirectAsync(Http11, prepare: context => context.Response.ContentLength = 0));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Frames_of_every_size_arrive_whole_and_in_order(bool isDirect)
    {
        await using SocketApp app = await SocketApp.StartAsync(isDirect: isDirect);
        await using TestStream stream = await OpenAsync(app);
        int[] sizes = [1, 15, 16, 200, 4096, 16 * 1024 - 60, 16 * 1024, 16 * 1024 + 1, 100_000, 1024 * 1024, 3];
        var sent = new List<string>();
        foreach (int size in sizes)
        {
            sent.Add(new string((char)('a' + sent.Count), size));
            await app.Broker.PublishAsync("news", sent[^1], TestApp.Cancellation);
        }

        IReadOnlyList<DecodedEvent> events = await stream.ReadEventsAsync(sizes.Length);

        Assert.Equal(sent, events.Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task Many_streams_see_one_order_while_many_publish()
    {
        const int Streams = 100;
        const int Publishers = 8;
        const int EventsOfEach = 100;
        await using SocketApp app = await SocketApp.StartAsync(options => options.Broker.PendingCapacity = 32, isDirect: true);
        TestStream[] streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => OpenAsync(app)));
        Task<IReadOnlyList<DecodedEvent>>[] reading = [.. streams.Select(stream => stream.ReadEventsAsync(Publishers * EventsOfEach))];

        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(async () =>
        {
            for (int i = 0; i < EventsOfEach; i++)
            {
                await app.Broker.PublishAsync("news", $"{publisher}:{i}", TestApp.Cancellation);
            }
        })));

        IReadOnlyList<DecodedEvent>[] received = await Task.WhenAll(reading);
        Assert.Equal(Publishers * EventsOfEach, received[0].Select(decoded => decoded.Data).Distinct(StringComparer.Ordinal).Count());
        Assert.All(received, events => Assert.Equal(received[0], events));
        foreach (TestStream stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_server_ends_what_the_stream_wrote_and_the_connection_serves_the_next_request()
    {
        await using SocketApp app = await SocketApp.StartAsync(
            isDirect: true,
            configure: web => web.MapGet("/short", () => EventStream.Of(ShortAsync())));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, app.Address.Port, TestApp.Cancellation);
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync("GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), TestApp.Cancellation);

            string response = await ReadUntilAsync(client, "\r\n0\r\n\r\n");

            Assert.StartsWith("HTTP/1.1 200 OK\r\n", response, StringComparison.Ordinal);
            Assert.Equal(":\ndata: one\n\ndata: two\ndata: lines\n\n", ReadChunks(response[(response.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]));
        }
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_cut_after_the_write_timeout()
    {
        await using SocketApp app = await SocketApp.StartAsync(isDirect: true);
        using Socket client = await app.OpenSleeperAsync();
        await app.Broker.PublishAsync("news", new string('x', 1024 * 1024), TestApp.Cancellation);

        await app.WaitForCutsAsync(1);

        await SocketApp.WaitUntilAsync(() => app.Metrics.Total("tidings.subscribers.active") == 0);
        Assert.Equal(1, app.Metrics.Total("tidings.subscribers.too_slow"));
    }

    [Fact]
    public async Task A_client_that_hangs_up_leaves_the_broker()
    {
        await using SocketApp app = await SocketApp.StartAsync(isDirect: true);
        using (await app.OpenSleeperAsync())
        {
            Assert.Equal(1, app.Metrics.Total("tidings.subscribers.active"));
        }

        await SocketApp.WaitUntilAsync(() => app.Metrics.Total("tidings.subscribers.active") == 0);
    }

    private static async IAsyncEnumerable<ServerEvent> ShortAsync()
    {
        await Task.CompletedTask;
        yield return new ServerEvent("one");
        yield return new ServerEvent("two\nlines");
    }

    // Asks the app, after the head of a response and nothing else was flushed, whether a stream would write past it.
    private static async Task<bool> IsDirectAsync(
        Version version, bool isDirect = true, X509ChainPolicy? trust = null, Action<ListenOptions>? listen = null, Action<HttpContext>? prepare = null)
    {
        var seen = new TaskCompletionSource<bool>();
        await using SocketApp app = await SocketApp.StartAsync(
            isDirect: isDirect,
            listen: listen,
            configure: web => web.MapGet("/", async context =>
            {
                prepare?.Invoke(context);
                await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
                seen.SetResult(ChunkedOutput.TryMake(context) is not null);
            }));
        using var handler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = trust } };
        using var client = new HttpClient(handler) { DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage response = await client.GetAsync(new Uri($"{(trust is null ? "http" : "https")}://127.0.0.1:{app.Address.Port}/"), TestApp.Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(version == Http10 ? Http11 : version, response.Version); // Kestrel names what it speaks itself
        return await seen.Task.WaitAsync(TestApp.Cancellation);
    }

    private static async Task<TestStream> OpenAsync(SocketApp app)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(app.Address, $"{TestApp.HubPath}?match=news"));
        return await TestStream.OpenAsync(new HttpClient(), request);
    }

    private static async Task<string> ReadUntilAsync(Socket client, string end)
    {
        string text = "";
        byte[] buffer = new byte[4096];
        while (!text.EndsWith(end, StringComparison.Ordinal))
        {
            int read = await client.ReceiveAsync(buffer, TestApp.Cancellation);
            Assert.NotEqual(0, read);
            text += Encoding.ASCII.GetString(buffer, 0, read);
        }

        return text;
    }

    // How events share chunks is a matter of chance; that every chunk is as long as it says is not.
    private static string ReadChunks(string body)
    {
        string text = "";
        while (true)
        {
            int head = body.IndexOf("\r\n", StringComparison.Ordinal);
            int length = int.Parse(body[..head], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            text += body.Substring(head + 2, length);
            Assert.Equal("\r\n", body.Substring(head + 2 + length, 2));
            body = body[(head + 4 + length)..];
            if (length == 0)
            {
                Assert.Empty(body);
                return text;
            }
        }
    }
}
