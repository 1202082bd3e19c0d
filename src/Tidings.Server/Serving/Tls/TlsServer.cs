using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Tidings.Server;

/// <summary>Puts the certificate before the server. The protocol is chosen by the client (ALPN): HTTP/2 where it can, which browsers do, else HTTP/1.1.</summary>
internal static class TlsServer
{
    public static void AddServerCertificate(this IServiceCollection services, TlsChoice choice) =>
        services.AddSingleton(provider => ServerCertificate.Open(choice, TimeProvider.System, provider.GetRequiredService<ILogger<ServerCertificate>>()));

    public static void UseServerCertificate(this KestrelServerOptions kestrel)
    {
        ServerCertificate certificate = kestrel.ApplicationServices.GetRequiredService<ServerCertificate>();
        kestrel.ConfigureHttpsDefaults(https =>
        {
            // Kestrel starts only with a certificate. It would keep a fixed one for good, and send this one without the authorities that belong to it.
            https.ServerCertificateSelector = (_, _) => certificate.Certificate;
            https.OnAuthenticate = (_, handshake) =>
            {
                handshake.ServerCertificateSelectionCallback = null;
                handshake.ServerCertificateContext = certificate.Current();
            };
        });
    }
}
