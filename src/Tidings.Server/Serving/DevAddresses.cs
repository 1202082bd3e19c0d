using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Tidings.Server;

/// <summary>
/// In dev mode anybody who can connect may publish, so nobody but this machine may connect; and nobody else could trust the certificate that is made for this machine. Judged on the endpoint
/// that Kestrel is about to bind, not on what was written: a name such as example.org, "*" or "+" makes it listen everywhere, and endpoints may come from several settings.
/// </summary>
internal static class DevAddresses
{
    public static void RefuseOthers(this KestrelServerOptions kestrel, TlsChoice tls)
    {
        TidingsOptions options = kestrel.ApplicationServices.GetRequiredService<IOptions<TidingsOptions>>().Value;
        if (options.Dev)
        {
            kestrel.ConfigureEndpointDefaults(endpoint => RequireLoopback(
                endpoint, "Dev mode lets everybody who can connect publish", "Choose another address with --urls, or leave dev mode."));
        }
        else if (tls.IsForDevelopment)
        {
            kestrel.ConfigureEndpointDefaults(endpoint => RequireLoopback(
                endpoint, "--tls without a certificate serves this machine alone", "Name a certificate that others trust with --tls-cert and --tls-key, or choose another address with --urls."));
        }
    }

    private static void RequireLoopback(ListenOptions endpoint, string reason, string wayOut)
    {
        bool isLoopback = endpoint.IPEndPoint is { } address && IPAddress.IsLoopback(address.Address);
        if (!isLoopback)
        {
            throw new SettingException($"{reason}, so it listens only at localhost or a loopback address, and {endpoint} is neither. {wayOut}");
        }
    }
}
