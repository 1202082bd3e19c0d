using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tidings.Server;

/// <summary>
/// The certificate of a hub that only its own machine talks to: self-signed, for localhost and the loopback addresses, and the same at every start, so that a browser has to be told once.
/// </summary>
internal static class DevelopmentCertificate
{
    /// <summary>With the private key; its owner's alone.</summary>
    public const string KeyFileName = "localhost-key.pem";

    /// <summary>Without it: for browsers and clients that shall trust the hub.</summary>
    public const string FileName = "localhost.pem";

    // Clients of some makers refuse what is valid for more than 825 days.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(800);

    // So that it does not expire under a hub that has just started.
    private static readonly TimeSpan RenewalBefore = TimeSpan.FromDays(30);

    /// <summary>The user's own directory for what programs keep.</summary>
    /// <exception cref="SettingException">The user has none.</exception>
    public static string UserDirectory
    {
        get
        {
            string data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return data.Length > 0
                ? Path.Combine(data, "tidings")
                : throw new SettingException(
                    "There is no directory to keep a development certificate in: this user has no home. Set XDG_DATA_HOME, or name a certificate with --tls-cert and --tls-key.");
        }
    }

    /// <summary>Finds the certificate in <paramref name="directory"/>, or makes it if it is missing, unusable or will soon expire.</summary>
    /// <returns>The path of the file with certificate and key, and that of the certificate alone.</returns>
    /// <exception cref="SettingException">It cannot be kept there.</exception>
    public static (string WithKey, string Alone) Ensure(string directory, TimeProvider time)
    {
        string withKey = Path.Combine(directory, KeyFileName);
        string alone = Path.Combine(directory, FileName);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(directory);
            }
            else
            {
                Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            string certificate = FindUsable(withKey, time) ?? Make(withKey, time);
            if (!File.Exists(alone) || File.ReadAllText(alone) != certificate)
            {
                Replace(alone, certificate, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            }

            return (withKey, alone);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"The development certificate cannot be kept in {directory}: {failure.Message} Set XDG_DATA_HOME, or name a certificate with --tls-cert and --tls-key.");
        }
    }

    /// <summary>The certificate's PEM, or null if there is none that will do.</summary>
    private static string? FindUsable(string withKey, TimeProvider time)
    {
        if (!File.Exists(withKey))
        {
            return null;
        }

        try
        {
            using X509Certificate2 certificate = PemCertificate.Read(withKey, withKey).Certificate;
            DateTime now = time.GetUtcNow().UtcDateTime;
            return now >= certificate.NotBefore.ToUniversalTime() && now < certificate.NotAfter.ToUniversalTime() - RenewalBefore ? certificate.ExportCertificatePem() : null;
        }
        catch (SettingException)
        {
            // Damaged, or open to others: whoever has read the key could pretend to be localhost, so it is not used again.
            return null;
        }
    }

    private static string Make(string withKey, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost, O=Tidings development", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build(critical: false));

        // No authority: who trusts it trusts this machine's hub, and nothing that the key could sign.
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // RFC 5280, 4.2.1.12: id-kp-serverAuth
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));

        // An hour earlier, for a client whose clock is behind.
        DateTimeOffset now = time.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddHours(-1), now + Lifetime);
        string text = certificate.ExportCertificatePem();
        Replace(withKey, $"{text}\n{key.ExportPkcs8PrivateKeyPem()}\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return text;
    }

    // By a name of its own first, so that another hub that starts at the same time reads the old or the new one, and never a part.
    private static void Replace(string path, string text, UnixFileMode mode)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using (var writer = new StreamWriter(temporary, options))
        {
            writer.Write(text);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
