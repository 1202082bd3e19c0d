using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Showcase;

/// <summary>
/// The origins of this app: one host on two ports and, with TLS, on a third. That makes requests between them cross-origin but, between the first two, same-site, so that browsers let a cookie
/// travel; between localhost and 127.0.0.1 they would take it for a stranger's.
/// </summary>
internal sealed class Origins(WebApplication app)
{
    public bool IsOurs(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && uri.IsLoopback && Addresses().Any(address => address.Port == uri.Port);

    /// <summary>The other one of the two without TLS.</summary>
    public string OtherThan(HttpRequest request) =>
        $"http://{request.Host.Host}:{Addresses().First(address => address.Scheme == "http" && address.Port != request.Host.Port).Port}";

    /// <summary>The one with TLS.</summary>
    public string SecureOf(HttpRequest request) => $"https://{request.Host.Host}:{Addresses().First(address => address.Scheme == "https").Port}";

    // Known only when the server listens: port 0 stands for any that is free.
    private IEnumerable<BindingAddress> Addresses() => app.Urls.Select(BindingAddress.Parse);
}

internal static class ThreePorts
{
    private const int DefaultPort = 3000;

    /// <summary>
    /// Listens on PORT (default 3000), for the second origin on SECOND_PORT (default the next one) and with TLS on TLS_PORT (default the one after that); 0 means any that is free.
    /// </summary>
    public static void ListenOnThreePorts(this WebApplicationBuilder builder)
    {
        int first = builder.Configuration.GetValue("PORT", DefaultPort);
        int second = builder.Configuration.GetValue("SECOND_PORT", first == 0 ? 0 : first + 1);
        int secure = builder.Configuration.GetValue("TLS_PORT", second == 0 ? 0 : second + 1);
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.ListenHere(first, static _ => { });
            server.ListenHere(second, static _ => { });
            X509Certificate2 certificate = LocalCertificate.Make(TimeProvider.System);
            server.ListenHere(secure, endpoint => endpoint.UseHttps(certificate)); // with HTTP/2, which the browser then chooses
        });
    }

    private static void ListenHere(this KestrelServerOptions server, int port, Action<ListenOptions> configure)
    {
        if (port == 0)
        {
            server.Listen(IPAddress.Loopback, port, configure);
        }
        else
        {
            server.ListenLocalhost(port, configure);
        }
    }
}
