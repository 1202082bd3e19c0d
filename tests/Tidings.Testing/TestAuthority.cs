using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tidings.Testing;

/// <summary>An authority that signs certificates for servers of a test, through an intermediate authority as real ones do.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset Begin = TimeProvider.System.GetUtcNow().AddDays(-2);
    private static readonly DateTimeOffset End = Begin.AddDays(100);

    private readonly ECDsa _intermediateKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _intermediate;

    /// <summary>Makes the keys of both.</summary>
    public TestAuthority()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest root = Request("CN=Test root", rootKey, isAuthority: true);
        _root = root.CreateSelfSigned(Begin, End);
        _intermediate = Request("CN=Test intermediate", _intermediateKey, isAuthority: true).Create(_root, Begin, End, Serial());
    }

    /// <summary>What clients trust, in PEM.</summary>
    public string RootPem => _root.ExportCertificatePem();

    /// <summary>Signs a certificate for <paramref name="name"/> and the loopback addresses.</summary>
    /// <param name="name">The server's name.</param>
    /// <param name="end">When it expires; null for in about a hundred days.</param>
    /// <returns>The certificate with that of the intermediate authority, and its key, both in PEM.</returns>
    public (string Certificates, string Key) Sign(string name, DateTimeOffset? end = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request($"CN={name}", key, isAuthority: false);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 signer = _intermediate.CopyWithPrivateKey(_intermediateKey);
        using X509Certificate2 certificate = request.Create(signer, Begin, end ?? End, Serial());
        return ($"{certificate.ExportCertificatePem()}\n{_intermediate.ExportCertificatePem()}\n", $"{key.ExportPkcs8PrivateKeyPem()}\n");
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _intermediateKey.Dispose();
        _root.Dispose();
        _intermediate.Dispose();
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(isAuthority ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, critical: true));
        return request;
    }

    private static byte[] Serial() => RandomNumberGenerator.GetBytes(8);
}
