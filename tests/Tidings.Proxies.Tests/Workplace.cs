using System.Net;
using Tidings.Testing;

namespace Tidings.Proxies.Tests;

/// <summary>A temporary directory with what a proxy needs: a certificate, its configuration, an address.</summary>
internal sealed class Workplace : IDisposable
{
    private readonly DirectoryInfo _directory = System.IO.Directory.CreateTempSubdirectory("tidings-proxy-");

    public Workplace(IPEndPoint hub)
    {
        Hub = hub;
        using var authority = new TestAuthority();
        (string certificates, string key) = authority.Sign("hub.example");
        CertificateFile = Write("fullchain.pem", certificates);
        KeyFile = Write("privkey.pem", key);
        RootFile = Write("root.pem", authority.RootPem);
    }

    public string Directory => _directory.FullName;

    public IPEndPoint Hub { get; }

    public IPEndPoint Listen { get; } = new(IPAddress.Loopback, Ports.Free(1)[0]);

    public string CertificateFile { get; }

    public string KeyFile { get; }

    /// <summary>What clients trust.</summary>
    public string RootFile { get; }

    public string PathOf(string name) => Path.Combine(Directory, name);

    public string Write(string name, string text)
    {
        string path = PathOf(name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Writes a file of the guide with other addresses, and nothing else changed.</summary>
    public string FromGuide(string name, params (string There, string Here)[] changes)
    {
        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Guide", name));
        foreach ((string there, string here) in changes)
        {
            Assert.Contains(there, text, StringComparison.Ordinal);
            text = text.Replace(there, here, StringComparison.Ordinal);
        }

        return Write(name, text);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
