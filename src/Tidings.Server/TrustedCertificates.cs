using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tidings.Server;

/// <summary>
/// The option <c>--cacert</c>, which curl has by the same name: whom to trust instead of the authorities that the machine knows. There is none that trusts everybody: whoever could read along could
/// then take the token, too.
/// </summary>
internal static class TrustedCertificates
{
    /// <summary>The option of a command that talks to a server.</summary>
    public static Option<X509Certificate2Collection?> NewOption() => new("--cacert")
    {
        Description = "Trusts only the certificates in FILE (PEM): the server's own if it has signed itself, else its authority's.  [default: the authorities that this machine trusts]",
        HelpName = "FILE",
        CustomParser = Parse,
    };

    /// <summary>Makes the handler trust these certificates alone; null changes nothing. The server's name and the dates are checked all the same.</summary>
    public static SocketsHttpHandler Trusting(this SocketsHttpHandler handler, X509Certificate2Collection? certificates)
    {
        if (certificates is not null)
        {
            // Without revocation, as is the default: certificates of one's own seldom say where to ask.
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(certificates);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return handler;
    }

    /// <summary>What to do if the server's certificate was refused; empty if something else was wrong.</summary>
    public static string Advice(Exception? failure) =>
        failure?.GetBaseException() is AuthenticationException ? " If you know the certificate, or the authority that signed it, name its file with --cacert." : "";

    private static X509Certificate2Collection? Parse(ArgumentResult result)
    {
        string path = result.Tokens[0].Value;
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPemFile(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            result.AddError($"--cacert cannot read {path}: {unreadable.Message}");
            return null;
        }
        catch (CryptographicException)
        {
            // As a file without any.
        }

        if (certificates.Count == 0)
        {
            result.AddError($"--cacert takes a file with certificates in PEM, and {path} holds none.");
            return null;
        }

        return certificates;
    }
}
