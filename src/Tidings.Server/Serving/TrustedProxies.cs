using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace Tidings.Server;

/// <summary>
/// The proxies before the hub that are believed when they say whom they speak for (<c>X-Forwarded-For</c>, <c>X-Forwarded-Proto</c>). From anybody else these headers change nothing: limits per
/// address could be evaded with them. <c>X-Forwarded-Host</c> is never looked at, nor is <c>Forwarded</c>.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>The setting: a list of addresses and networks, such as 10.0.0.7 and 10.1.0.0/16.</summary>
    public const string Key = "Tidings:Proxies";

    /// <exception cref="SettingException">An entry is neither an address nor a network.</exception>
    public static void AddTrustedProxies(this IServiceCollection services, IConfiguration configuration)
    {
        IPNetwork[] networks = [.. configuration.GetSection(Key).GetChildren().Select(Read)];
        services.Configure<ForwardedHeadersOptions>(options =>
        {
            // Without any the framework would believe the headers of everybody.
            options.ForwardedHeaders = networks.Length == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            foreach (IPNetwork network in networks)
            {
                options.KnownIPNetworks.Add(network);
            }

            // As many as stand one behind the other: each is believed only if it is on the list.
            options.ForwardLimit = null;
        });
    }

    /// <summary>Believes the proxies that are named, if any are.</summary>
    public static void UseTrustedProxies(this IApplicationBuilder app)
    {
        if (app.ApplicationServices.GetRequiredService<IOptions<ForwardedHeadersOptions>>().Value.ForwardedHeaders != ForwardedHeaders.None)
        {
            app.UseForwardedHeaders();
        }
    }

    private static IPNetwork Read(IConfigurationSection setting)
    {
        string text = setting.Value ?? "";
        if (IPAddress.TryParse(text, out IPAddress? address))
        {
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        }

        if (!IPNetwork.TryParse(text, out IPNetwork network))
        {
            throw new SettingException(
                $"{setting.Path} is \"{text}\"; it must be the address of a proxy, such as 10.0.0.7, or a network, such as 10.1.0.0/16.");
        }

        return network.PrefixLength > 0
            ? network
            : throw new SettingException($"{setting.Path} is \"{text}\", which would believe everybody. Name the proxies before the hub.");
    }
}
