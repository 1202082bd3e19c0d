using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Tidings.Server;

/// <summary>
/// In dev mode anybody who can connect may publish, so nobody but this machine may connect. Judged on the endpoint that Kestrel is about to bind, not on
/// what was written: a name such as example.org, "*" or "+" makes it listen everywhere, and endpoints may come from several settings.
/// </summary>
internal static class DevAddresses
{
    public static void RefuseOthersInDevMode(this KestrelServerOptions kestrel)
    {
        TidingsOptions options = kestrel.ApplicationServices.GetRequiredService<IOptions<TidingsOptions>>().Value;
        if (options.Dev)
        {
            kestrel.ConfigureEndpointDefaults(RequireLoopback);
        }
    }

    private static void RequireLoopback(ListenOptions endpoint)
    {
        bool isLoopback = endpoint.IPEndPoint is { } address && IPAddress.IsLoopback(address.Address);
        if (!isLoopback)
        {
            throw new SettingException(
                $"Dev mode lets everybody who can connect publish, so it listens only at localhost or a loopback address, and {endpoint} is neither. Choose another address with --urls, or leave dev mode.");
        }
    }
}
