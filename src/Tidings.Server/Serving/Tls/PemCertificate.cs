using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tidings.Server;

/// <summary>Reads a certificate and its private key from files in PEM, and says what is wrong with them in words.</summary>
internal static class PemCertificate
{
    // PKCS #8, and the older form of OpenSSL.
    private static readonly string[] EncryptedKeyMarks = ["BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"];

    /// <summary>The first certificate of the file, with its key, and those that follow it: the authorities between it and a root that clients know.</summary>
    /// <exception cref="SettingException">A file cannot be read, holds something else, or is a key that others can read.</exception>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Authorities) Read(string certificateFile, string keyFile)
    {
        string certificateText = ReadCertificates(certificateFile, out X509Certificate2Collection all);
        string keyText = ReadKey(keyFile);
        try
        {
            X509Certificate2 certificate = X509Certificate2.CreateFromPem(certificateText, keyText);
            all.RemoveAt(0);
            return (OperatingSystem.IsWindows() ? Persisted(certificate) : certificate, all);
        }
        catch (Exception mismatch) when (mismatch is CryptographicException or ArgumentException)
        {
            throw new SettingException(
                $"{TlsChoice.KeyFileKey} names {keyFile}, which holds no private key of the certificate in {certificateFile} (the first one there, if there are several). "
                + "Check that the two belong together, and that both are PEM.");
        }
    }

    private static string ReadCertificates(string file, out X509Certificate2Collection all)
    {
        all = [];
        try
        {
            string text = File.ReadAllText(file);
            all.ImportFromPem(text);
            if (all.Count > 0)
            {
                return text;
            }
        }
        catch (CryptographicException)
        {
            // As one without any.
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SettingException($"{TlsChoice.CertificateFileKey} names {file}, which cannot be read: {unreadable.Message}");
        }

        throw new SettingException(
            $"{TlsChoice.CertificateFileKey} names {file}, which holds no certificate in PEM. Such a file has a line \"-----BEGIN CERTIFICATE-----\"; other forms can be converted with openssl.");
    }

    private static string ReadKey(string file)
    {
        string text;
        try
        {
            text = Tidings.KeyFile.Read(file, static _ => true, SecretRule.Strong);
        }
        catch (KeyException unfit)
        {
            throw new SettingException($"{TlsChoice.KeyFileKey} {unfit.Message}");
        }

        return EncryptedKeyMarks.Any(mark => text.Contains(mark, StringComparison.Ordinal))
            ? throw new SettingException(
                $"{TlsChoice.KeyFileKey} names {file}, whose key is encrypted, and a hub that starts by itself cannot ask for a pass phrase. Write it without one: openssl pkey -in {file} -out KEY")
            : text;
    }

    // The TLS of Windows takes no key that exists in this process alone.
    private static X509Certificate2 Persisted(X509Certificate2 certificate)
    {
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
        }
    }
}
