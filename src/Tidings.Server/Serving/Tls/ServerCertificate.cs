using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Tidings.Server;

/// <summary>
/// The certificate that the hub shows to its clients. Its files are looked at before each handshake and read again when they have changed, so that a renewed certificate needs no restart;
/// as long as the new ones will not do, the old one is shown. Safe for use from several threads.
/// </summary>
internal sealed partial class ServerCertificate
{
    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _reading = new();
    private Loaded _loaded; // Written under _reading.
    private FileVersions _seen; // Guarded by _reading; also of files that would not do, which are not tried again until they change.

    /// <exception cref="SettingException">The files hold no certificate with its key.</exception>
    private ServerCertificate(string certificateFile, string keyFile, TimeProvider time, ILogger logger)
    {
        _certificateFile = certificateFile;
        _keyFile = keyFile;
        _time = time;
        _logger = logger;
        _seen = FileVersions.Of(certificateFile, keyFile);
        _loaded = Read();
    }

    /// <summary>Where clients find the certificate that they must be told to trust; null if it is not one that was made here.</summary>
    public string? DevelopmentFile { get; private init; }

    /// <summary>The certificate as it was read last.</summary>
    public X509Certificate2 Certificate => Volatile.Read(ref _loaded).Certificate;

    /// <exception cref="SettingException">There is no certificate, and none could be made.</exception>
    public static ServerCertificate Open(TlsChoice choice, TimeProvider time, ILogger logger)
    {
        if (choice is { CertificateFile: { } certificateFile, KeyFile: { } keyFile })
        {
            return new ServerCertificate(Path.GetFullPath(certificateFile), Path.GetFullPath(keyFile), time, logger);
        }

        (string withKey, string alone) = DevelopmentCertificate.Ensure(DevelopmentCertificate.UserDirectory, time);
        return new ServerCertificate(withKey, withKey, time, logger) { DevelopmentFile = alone };
    }

    /// <summary>The certificate and what goes with it, for the next handshake.</summary>
    public SslStreamCertificateContext Current()
    {
        // One handshake reads; the others need not wait for it.
        if (_reading.TryEnter())
        {
            try
            {
                ReadIfChanged();
            }
            finally
            {
                _reading.Exit();
            }
        }

        return Volatile.Read(ref _loaded).Context;
    }

    private void ReadIfChanged()
    {
        var versions = FileVersions.Of(_certificateFile, _keyFile);
        if (versions == _seen)
        {
            return;
        }

        _seen = versions;
        try
        {
            Volatile.Write(ref _loaded, Read());
            LogReplaced(_certificateFile, Certificate.NotAfter.ToUniversalTime());
        }
        catch (SettingException unfit)
        {
            // The two files are replaced one after the other: in between they do not fit.
            LogNotReplaced(unfit.Message);
        }
    }

    private Loaded Read()
    {
        (X509Certificate2 certificate, X509Certificate2Collection authorities) = PemCertificate.Read(_certificateFile, _keyFile);
        if (_time.GetUtcNow().UtcDateTime >= certificate.NotAfter.ToUniversalTime())
        {
            LogExpired(_certificateFile, certificate.NotAfter.ToUniversalTime());
        }

        // Offline: a hub asks nobody for missing authorities; they belong into the file.
        return new Loaded(certificate, SslStreamCertificateContext.Create(certificate, authorities, offline: true));
    }

    [LoggerMessage(301, LogLevel.Information, "The certificate in {File} was replaced; the new one is valid until {End:u}.")]
    private partial void LogReplaced(string file, DateTime end);

    [LoggerMessage(302, LogLevel.Warning, "The files of the certificate have changed, and will not do yet, so the hub goes on with the old one: {Reason}")]
    private partial void LogNotReplaced(string reason);

    [LoggerMessage(303, LogLevel.Warning, "The certificate in {File} has expired at {End:u}: clients will refuse it.")]
    private partial void LogExpired(string file, DateTime end);

    private sealed record Loaded(X509Certificate2 Certificate, SslStreamCertificateContext Context);

    /// <summary>What tells two states of the files apart; a file that is missing is one, too.</summary>
    private readonly record struct FileVersions(DateTime Certificate, long CertificateBytes, DateTime Key, long KeyBytes)
    {
        public static FileVersions Of(string certificateFile, string keyFile)
        {
            var certificate = new FileInfo(certificateFile);
            var key = new FileInfo(keyFile);
            return new FileVersions(certificate.LastWriteTimeUtc, certificate.Exists ? certificate.Length : -1, key.LastWriteTimeUtc, key.Exists ? key.Length : -1);
        }
    }
}
