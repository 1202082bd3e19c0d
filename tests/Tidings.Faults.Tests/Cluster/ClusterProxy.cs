using System.Net;
using System.Security.Cryptography.X509Certificates;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Cluster;

/// <summary>The nginx of the deploy directory before three nodes, which keep their ports: all that clients know of them.</summary>
internal sealed class ClusterProxy : IAsyncDisposable
{
    /// <summary>How many nodes it is for.</summary>
    public const int Nodes = 3;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tidings-nginx-");
    private readonly TestAuthority _authority = new();
    private readonly int _port = Ports.Free(1)[0];
    private ServerProgram? _nginx;

    private ClusterProxy()
    {
    }

    /// <summary>Where each node listens, in every life of its own.</summary>
    public IReadOnlyList<int> NodePorts { get; } = Ports.Free(Nodes);

    /// <summary>The hub.</summary>
    public Uri Hub => new($"https://localhost:{_port}/.well-known/mercure");

    /// <summary>Starts it. The nodes may come later.</summary>
    /// <param name="patience">How long a node may be silent; null for as long as deployed.</param>
    public static async Task<ClusterProxy> StartAsync(TimeSpan? patience)
    {
        var proxy = new ClusterProxy();
        try
        {
            (string certificates, string key) = proxy._authority.Sign("localhost");
            string place = proxy._directory.FullName;
            await File.WriteAllTextAsync(Path.Combine(place, "tls.pem"), certificates);
            await File.WriteAllTextAsync(Path.Combine(place, "tls.key"), key);
            string deployed = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy", "nginx.conf"));
            proxy._nginx = await DeployedNginx.StartAsync(deployed, place, place, proxy._port, proxy.NodePorts.Select(static (port, node) => ($"hub-{node + 1}", port)), patience);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client with connections of its own, which speaks HTTP/2 as browsers do.</summary>
    public HttpClient NewClient()
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPem(_authority.RootPem);
        return new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = { CertificateChainPolicy = trust } }) { DefaultRequestVersion = HttpVersion.Version20 };
    }

    public async ValueTask DisposeAsync()
    {
        if (_nginx is not null)
        {
            await _nginx.DisposeAsync();
        }

        _authority.Dispose();
        _directory.Delete(recursive: true);
    }
}
