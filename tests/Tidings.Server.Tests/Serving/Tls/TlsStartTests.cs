using System.Net;
using System.Net.Security;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Tidings.Testing;

namespace Tidings.Server.Tests.Serving.Tls;

/// <summary>The real process with TLS: which certificate it shows, what it says of it, and when it refuses to start.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class TlsStartTests : IDisposable
{
    private readonly TlsHub _hub = new();
    private readonly TestAuthority _authority = new();

    [Fact]
    public async Task A_dev_hub_makes_its_certificate_says_where_it_is_and_shows_the_same_one_the_next_time()
    {
        string first = await StartAndGreetAsync();
        Assert.Equal(first, await StartAndGreetAsync());

        async Task<string> StartAndGreetAsync()
        {
            await using RunningCommand command = _hub.Start("--dev", "--tls", "--urls", TlsHub.AnyPort);
            Uri hub = await command.HubAsync();
            using HttpClient client = TlsHub.ClientTrusting(_hub.DevelopmentFile, HttpVersion.Version20);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(hub, "/"), TestContext.Current.CancellationToken)).StatusCode);
            (string certificate, _) = await TlsHub.GreetAsync(hub);
            Assert.Equal(File.ReadAllText(_hub.DevelopmentFile), certificate);

            command.Signal("TERM");
            (int code, string output, string error) = await command.EndAsync();
            Assert.True(code == 0, error);
            Assert.Contains($"  page  {new Uri(hub, "/")}", output, StringComparison.Ordinal);
            Assert.Contains("  tls   a certificate made for this machine, until ", output, StringComparison.Ordinal);
            Assert.Contains($"tidings publish --cacert '{_hub.DevelopmentFile}' --hub {hub} ", output, StringComparison.Ordinal);
            Assert.DoesNotContain("warn:", RunningCommand.WithoutStalls(error), StringComparison.Ordinal);
            return certificate;
        }
    }

    [Fact]
    public async Task The_client_chooses_between_the_two_versions()
    {
        await using RunningCommand command = _hub.Start("--dev", "--tls", "--urls", TlsHub.AnyPort);
        Uri hub = await command.HubAsync();

        Assert.Equal(SslApplicationProtocol.Http2, (await TlsHub.GreetAsync(hub, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11)).Protocol);
        Assert.Equal(SslApplicationProtocol.Http11, (await TlsHub.GreetAsync(hub, SslApplicationProtocol.Http11)).Protocol);
        using HttpClient client = TlsHub.ClientTrusting(_hub.DevelopmentFile, HttpVersion.Version11);
        Assert.Equal(HttpVersion.Version11, (await client.GetAsync(new Uri(hub, "/"), TestContext.Current.CancellationToken)).Version);
    }

    [Fact]
    public async Task A_certificate_from_files_is_sent_with_its_authorities_and_replaced_while_the_hub_runs()
    {
        (string certificate, string key) = _hub.Write(_authority.Sign("localhost"));
        string root = _hub.Write("root.pem", _authority.RootPem);
        await using RunningCommand command = _hub.Start("--urls", TlsHub.AnyPort, "--tls-cert", certificate, "--tls-key", key);
        Uri hub = await command.HubAsync();
        using HttpClient client = TlsHub.ClientTrusting(root, HttpVersion.Version20);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(hub, "/healthz/ready"), TestContext.Current.CancellationToken)).StatusCode);
        (string first, _) = await TlsHub.GreetAsync(hub);

        // As a renewal does it: one file after the other.
        (string Certificates, string Key) renewed = _authority.Sign("localhost");
        _hub.Write("cert.pem", renewed.Certificates);
        Assert.Equal(first, (await TlsHub.GreetAsync(hub)).Certificate);
        _hub.Write("key.pem", renewed.Key);
        string second = (await TlsHub.GreetAsync(hub)).Certificate;
        Assert.StartsWith(second, renewed.Certificates, StringComparison.Ordinal);
        Assert.NotEqual(first, second);

        File.Delete(key);
        Assert.Equal(second, (await TlsHub.GreetAsync(hub)).Certificate);
        command.Signal("TERM");
        (_, string output, string error) = await command.EndAsync();
        Assert.Contains("  tls   the certificate of localhost, until ", output, StringComparison.Ordinal);
        Assert.Contains("the hub goes on with the old one", error, StringComparison.Ordinal);
        Assert.Contains("was replaced; the new one is valid until ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_certificate_is_told()
    {
        (string certificate, string key) = _hub.Write(_authority.Sign("localhost", TimeProvider.System.GetUtcNow().AddDays(-1)));
        await using RunningCommand command = _hub.Start("--urls", TlsHub.AnyPort, "--tls-cert", certificate, "--tls-key", key);
        await command.HubAsync();
        command.Signal("TERM");
        Assert.Contains("has expired at", (await command.EndAsync()).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_will_not_do_stop_the_start_and_are_named()
    {
        (string Certificates, string Key) signed = _authority.Sign("localhost");
        (string certificate, string key) = _hub.Write(signed);
        string missing = _hub.PathOf("missing.pem");
        string other = _hub.Write("other.pem", _authority.Sign("localhost").Key);
        string text = _hub.Write("text.pem", "certainly none");
        string open = _hub.Write("open.pem", signed.Key);
        File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        using var encryptedKey = ECDsa.Create();
        string encrypted = _hub.Write("encrypted.pem", encryptedKey.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1)));

        await AssertRefusedAsync($"Tidings:Tls:CertificateFile names {missing}, which cannot be read", "--tls-cert", missing, "--tls-key", key);
        await AssertRefusedAsync($"Tidings:Tls:CertificateFile names {text}, which holds no certificate in PEM", "--tls-cert", text, "--tls-key", key);
        await AssertRefusedAsync($"Tidings:Tls:KeyFile names {missing}, which cannot be read", "--tls-cert", certificate, "--tls-key", missing);
        await AssertRefusedAsync($"Tidings:Tls:KeyFile names {other}, which holds no private key of the certificate in {certificate}", "--tls-cert", certificate, "--tls-key", other);
        await AssertRefusedAsync($"Run: chmod o= {open}", "--tls-cert", certificate, "--tls-key", open);
        await AssertRefusedAsync($"openssl pkey -in {encrypted}", "--tls-cert", certificate, "--tls-key", encrypted);
        await AssertRefusedAsync("Name that too, with --tls-key", "--tls-cert", certificate);
        await AssertRefusedAsync("Name that too, with --tls-cert", "--tls-key", key);
    }

    [Theory]
    [InlineData("TLS is on, and Urls is \"http://127.0.0.1:0\", where no address begins with https://", "--tls", "--urls", "http://127.0.0.1:0")]
    [InlineData("TLS is off. Start with --tls", "--urls", "https://127.0.0.1:0")]
    [InlineData("Name a certificate that others trust with --tls-cert", "--tls", "--urls", "https://0.0.0.0:0")]
    [InlineData("Name a certificate that others trust with --tls-cert", "--tls", "--urls", "https://hub.example:0")]
    [InlineData("Dev mode lets everybody who can connect publish", "--tls", "--dev", "--urls", "https://0.0.0.0:0")]
    [InlineData("Kestrel:Endpoints says itself where to listen", "--tls", "--set", "Kestrel:Endpoints:Https:Url=https://127.0.0.1:0")]
    public async Task Addresses_that_do_not_go_with_it_stop_the_start(string sentence, params string[] args) => await AssertRefusedAsync(sentence, args);

    [Fact]
    public void Without_other_addresses_the_hub_is_where_it_is_without_TLS()
    {
        IConfiguration settings = new ConfigurationBuilder().AddInMemoryCollection([new(TlsChoice.EnabledKey, "true")]).Build();
        Assert.Equal("https://localhost:4000", Assert.Single(settings.ListenUrls(TlsChoice.From(settings)) ?? []));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _hub.Dispose();
    }

    private async Task AssertRefusedAsync(string sentence, params string[] args)
    {
        string[] all = args.Contains("--urls", StringComparer.Ordinal) || args.Contains("--set", StringComparer.Ordinal) ? args : [.. args, "--urls", TlsHub.AnyPort];
        (int code, string output, string error) = await _hub.RunAsync(all);
        Assert.Equal((2, ""), (code, output));
        string complaint = Assert.Single(error.Split('\n'), line => line.StartsWith("tidings: ", StringComparison.Ordinal));
        Assert.Contains(sentence, complaint, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }
}
