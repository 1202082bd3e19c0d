using System.Net;
using System.Net.ServerSentEvents;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tidings.Client.Tests.Peers;

/// <summary>Against ASP.NET Core's own <c>TypedResults.ServerSentEvents</c> on real Kestrel.</summary>
public sealed class InBoxResultTests
{
    [Fact]
    public async Task Every_event_arrives_once_and_in_order_over_many_cut_connections()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication app = builder.Build();
        app.MapGet("/events", (HttpRequest request) =>
        {
            int next = int.TryParse(request.Headers["Last-Event-ID"], out int last) ? last + 1 : 1;
            return next > 20 ? Results.NoContent() : TypedResults.ServerSentEvents(ThreeFrom(next));
        });
        await app.StartAsync(TestContext.Current.CancellationToken);

        var received = new List<ServerSentEvent>();
        await using var source = new EventSource(app.Urls.Single() + "/events");
        await foreach (ServerSentEvent e in source.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            received.Add(e);
        }

        Assert.Equal<string[]>(
            [.. Enumerable.Range(1, 21).Select(n => $"count: {n}\nline two … é #{n}")],
            [.. received.Select(e => $"{e.Type}: {e.Data} #{e.LastEventId}")]);
        Assert.All(received, e => Assert.Equal(app.Urls.Single(), e.Origin));
    }

    [Fact]
    public async Task A_stream_over_tls_is_read_with_the_callers_certificate_rules()
    {
        using X509Certificate2 certificate = SelfSigned();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        await using WebApplication app = builder.Build();
        app.MapGet("/events", () => TypedResults.ServerSentEvents(ThreeFrom(1)));
        app.MapGet("/downgrade", () => Results.Redirect("http://127.0.0.1:1/events"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using SocketsHttpHandler handler = EventSource.CreateHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => certificate.Equals(presented);
        var options = new EventSourceOptions { Handler = handler };

        await using var source = new EventSource(app.Urls.Single() + "/events", options);
        await foreach (ServerSentEvent e in source.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            Assert.StartsWith("https://127.0.0.1:", e.Origin, StringComparison.Ordinal);
            source.Close();
        }

        await using var downgraded = new EventSource(app.Urls.Single() + "/downgrade", options);
        EventSourceException refused = await Assert.ThrowsAsync<EventSourceException>(() => downgraded.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal(EventSourceErrorReason.Redirect, refused.Error.Reason);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static async IAsyncEnumerable<SseItem<string>> ThreeFrom(int first)
    {
        for (int n = first; n < first + 3; n++)
        {
            await Task.Yield();
            yield return new SseItem<string>($"{n}\nline two … é", "count") { EventId = n.ToString(), ReconnectionInterval = TimeSpan.FromMilliseconds(100) };
        }
    }
}
