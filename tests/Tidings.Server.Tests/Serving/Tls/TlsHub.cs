using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using Tidings.Testing;

namespace Tidings.Server.Tests.Serving.Tls;

/// <summary>A directory for the files of one hub with TLS, and the hub in a process of its own.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class TlsHub : IDisposable
{
    public const string AnyPort = "https://127.0.0.1:0";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tidings-tls-");

    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    /// <summary>Where the certificate for development is kept, without its key.</summary>
    public string DevelopmentFile => Path.Combine(PathOf("tidings"), DevelopmentCertificate.FileName);

    /// <summary>Writes a file that nobody else can read.</summary>
    public string Write(string name, string text)
    {
        string path = PathOf(name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    /// <summary>Writes a certificate and its key, as <c>cert.pem</c> and <c>key.pem</c>.</summary>
    public (string Certificate, string Key) Write((string Certificates, string Key) signed) => (Write("cert.pem", signed.Certificates), Write("key.pem", signed.Key));

    public RunningCommand Start(params string[] args) => RunningCommand.Start(
        ["serve", "--log", "memory", "--set", "Tidings:DrainWindow=00:00:01", .. args], [("XDG_DATA_HOME", _directory.FullName)]);

    public async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        await using RunningCommand command = Start(args);
        return await command.EndAsync();
    }

    /// <summary>A client that trusts the certificates of a file alone, as curl and browsers do, and speaks one version of HTTP.</summary>
    /// <param name="file">What it trusts.</param>
    /// <param name="version">The version that it speaks.</param>
    /// <param name="connected">Called for each connection.</param>
    public static HttpClient ClientTrusting(string file, Version version, Action? connected = null)
    {
        X509Certificate2Collection trusted = [];
        trusted.ImportFromPemFile(file);
        SocketsHttpHandler handler = new SocketsHttpHandler().Trusting(trusted);
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            connected?.Invoke();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        };
        return new HttpClient(handler) { DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    /// <summary>Shakes hands, and tells the certificate and the protocol that the hub chose.</summary>
    public static async Task<(string Certificate, SslApplicationProtocol Protocol)> GreetAsync(Uri hub, params SslApplicationProtocol[] protocols)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, hub.Port);
        await using var tls = new SslStream(client.GetStream());
        string certificate = "";
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [.. protocols],
            RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                certificate = shown is X509Certificate2 any ? any.ExportCertificatePem() : "";
                return certificate.Length > 0;
            },
        }).WaitAsync(Hang.Limit);
        return (certificate, tls.NegotiatedApplicationProtocol);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
