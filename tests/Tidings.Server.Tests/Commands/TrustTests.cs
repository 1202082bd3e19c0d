using System.Net;
using System.Runtime.Versioning;
using Tidings.Server.Tests.Serving.Tls;
using Tidings.Testing;

namespace Tidings.Server.Tests.Commands;

/// <summary>Whom <c>tidings publish</c> and <c>tidings subscribe</c> believe to be the hub.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class TrustTests : IDisposable
{
    private const string Secret = "kX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU";

    private readonly TlsHub _files = new();
    private readonly TestAuthority _authority = new();

    [Fact]
    public async Task Both_talk_to_a_hub_whose_certificate_they_are_told_to_trust_and_to_no_other()
    {
        await using RunningCommand command = _files.Start("--dev", "--tls", "--urls", TlsHub.AnyPort);
        string hub = (await command.HubAsync()).AbsoluteUri;
        string other = _files.Write("other.pem", _authority.RootPem);

        var trusting = new TestTerminal();
        Assert.Equal(ExitCode.Ok, await trusting.RunAsync("publish", "--cacert", _files.DevelopmentFile, "--hub", hub, "--topic", "news", "--data", "hi"));
        var reading = new TestTerminal();
        Assert.Equal(ExitCode.Ok, await reading.RunAsync(
            "subscribe", "--cacert", _files.DevelopmentFile, "--hub", hub, "--topic", "news", "--last-event-id", "earliest", "--count", "1"));
        Assert.Equal("hi\n", reading.Output);

        foreach (string[] trust in new string[][] { [], ["--cacert", other] })
        {
            var publishing = new TestTerminal();
            Assert.Equal(ExitCode.Connection, await publishing.RunAsync(["publish", .. trust, "--hub", hub, "--topic", "news", "--data", "stolen"]));
            Assert.Contains("name its file with --cacert", publishing.Error, StringComparison.Ordinal);

            // It tries again until its time is over.
            var time = new ObservedTimeProvider();
            var subscribing = new TestTerminal { Time = time };
            Task<ExitCode> running = subscribing.RunAsync(["subscribe", .. trust, "--hub", hub, "--topic", "news", "--timeout", "2"]);
            Assert.Equal(TimeSpan.FromSeconds(2), await time.NextWaitAsync());
            Assert.Equal(TimeSpan.FromSeconds(3), await time.NextWaitAsync()); // for its second attempt
            time.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal(ExitCode.Connection, await running);
            Assert.Contains("name its file with --cacert", subscribing.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_certificate_of_a_trusted_authority_for_another_name_is_refused()
    {
        (string certificate, string key) = _files.Write(_authority.Sign("hub.example"));
        await using RunningCommand command = _files.Start("--dev", "--urls", TlsHub.AnyPort, "--tls-cert", certificate, "--tls-key", key);
        Uri hub = await command.HubAsync();
        string root = _files.Write("root.pem", _authority.RootPem);

        var byAddress = new TestTerminal();
        Assert.Equal(ExitCode.Ok, await byAddress.RunAsync("publish", "--cacert", root, "--hub", hub.AbsoluteUri, "--topic", "news", "--data", "hi"));
        var byName = new TestTerminal();
        string elsewhere = new UriBuilder(hub) { Host = "localhost" }.Uri.AbsoluteUri;
        Assert.Equal(ExitCode.Connection, await byName.RunAsync("publish", "--cacert", root, "--hub", elsewhere, "--topic", "news", "--data", "hi"));
        Assert.Contains("RemoteCertificateNameMismatch", byName.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_without_certificates_is_wrong_usage()
    {
        string text = _files.Write("text.pem", "certainly none");
        foreach (string file in (string[])[text, _files.PathOf("missing.pem")])
        {
            var terminal = new TestTerminal();
            Assert.Equal(ExitCode.Usage, await terminal.RunAsync("publish", "--cacert", file, "--hub", "https://localhost:1/", "--topic", "news", "--data", "hi"));
            Assert.Contains("--cacert", terminal.Error, StringComparison.Ordinal);
            Assert.Contains(file, terminal.Error, StringComparison.Ordinal);
        }
    }

    // RFC 6265, 5.4: a cookie that was set to be secure goes over TLS alone, and the name __Secure- (RFC 6265bis, 4.1.3.1) asks for that.
    [Fact]
    public async Task The_cookie_with_the_token_works_over_TLS()
    {
        (string certificate, string key) = _files.Write(_authority.Sign("localhost"));
        string root = _files.Write("root.pem", _authority.RootPem);
        await using RunningCommand command = _files.Start(
            "--urls", TlsHub.AnyPort, "--tls-cert", certificate, "--tls-key", key, "--set", $"Tidings:Legacy:Publisher:Key={Secret}", "--set", $"Tidings:Legacy:Subscriber:Key={Secret}");
        Uri hub = await command.HubAsync();
        using HttpClient publisher = TlsHub.ClientTrusting(root, HttpVersion.Version20);
        publisher.DefaultRequestHeaders.Add("Authorization", $"Bearer {TestTokens.Legacy(Secret, """{"publish":["*"]}""")}");
        using var form = new FormUrlEncodedContent([new("topic", "orders/7"), new("data", "for one"), new("private", "on")]);
        (await publisher.PostAsync(hub, form, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();

        using HttpClient subscriber = TlsHub.ClientTrusting(root, HttpVersion.Version20);
        var request = new HttpRequestMessage(HttpMethod.Get, $"{hub}?topic=orders/7&last_event_id=earliest");
        var cookies = new CookieContainer();
        cookies.Add(hub, new Cookie("__Secure-mercure_access_token", TestTokens.Legacy(Secret, """{"subscribe":["*"]}""")) { Secure = true });
        Assert.Equal("", cookies.GetCookieHeader(new UriBuilder(hub) { Scheme = "http" }.Uri));
        request.Headers.Add("Cookie", cookies.GetCookieHeader(hub));
        await using TestStream stream = await TestStream.OpenAsync(subscriber, request);

        Assert.Equal("for one", Assert.Single(await stream.ReadEventsAsync(1)).Data);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _files.Dispose();
    }
}
