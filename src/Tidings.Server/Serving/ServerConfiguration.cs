namespace Tidings.Server;

/// <summary>
/// Where the hub's settings come from: ./appsettings.json, then the environment, then the command line; the later one wins. Below them all are the variables that the Mercure reference hub
/// reads its keys from, so that a deployment can move by changing the image.
/// </summary>
internal static class ServerConfiguration
{
    /// <summary>The key of the addresses to listen at, as ASP.NET Core calls it.</summary>
    public const string Urls = "urls";

    private const string DefaultUrls = "http://localhost:4000";

    private const string DefaultTlsUrls = "https://localhost:4000";

    private const string Https = "https://";

    private const string KestrelEndpoints = "Kestrel:Endpoints";

    public static void AddServerSources(this IConfigurationBuilder configuration, IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        // A setting may be given twice; here too the later one wins.
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string? value) in commandLine)
        {
            settings[name] = value;
        }

        configuration.Sources.Clear();
        configuration
            .SetBasePath(Directory.GetCurrentDirectory())
            .AddJsonFile("appsettings.json", optional: true, reloadOnChange: false)
            .AddEnvironmentVariables("ASPNETCORE_")
            .AddEnvironmentVariables()
            .AddInMemoryCollection(settings);
        AddReferenceHubKeys(configuration);
    }

    // A key of our own settings, wherever it comes from, takes the place of the whole variable pair: two keys in two places would be a contradiction.
    private static void AddReferenceHubKeys(IConfigurationBuilder configuration)
    {
        IConfigurationRoot own = configuration.Build();
        foreach (string role in new[] { nameof(LegacyTokenOptions.Publisher), nameof(LegacyTokenOptions.Subscriber) })
        {
            string section = $"{TidingsOptions.SectionName}:{nameof(HubAuthorizationOptions.Legacy)}:{role}";
            string variable = $"MERCURE_{role.ToUpperInvariant()}_JWT";
            if (own[$"{variable}_KEY"] is { Length: > 0 } key && !own.GetSection(section).GetChildren().Any())
            {
                configuration.AddInMemoryCollection(
                [
                    new($"{section}:{nameof(TokenKeyOptions.Key)}", key),
                    .. own[$"{variable}_ALG"] is { Length: > 0 } algorithm
                        ? [new KeyValuePair<string, string?>($"{section}:{nameof(TokenKeyOptions.Algorithms)}:0", algorithm)]
                        : Array.Empty<KeyValuePair<string, string?>>(),
                ]);
            }
        }
    }

    /// <summary>The addresses to listen at; null if Kestrel's own section names them one by one.</summary>
    /// <exception cref="SettingException">One of them cannot be an address, or they do not go with TLS as it is set.</exception>
    public static string[]? ListenUrls(this IConfiguration configuration, TlsChoice tls)
    {
        string? urls = configuration[Urls];
        bool hasEndpoints = configuration.GetSection(KestrelEndpoints).GetChildren().Any();
        if (hasEndpoints && tls.IsOn)
        {
            throw new SettingException($"{KestrelEndpoints} says itself where to listen and with which certificates. Set those there alone, or leave it out and use --urls, --tls-cert and --tls-key.");
        }

        if (string.IsNullOrWhiteSpace(urls))
        {
            if (hasEndpoints)
            {
                return null;
            }

            urls = tls.IsOn ? DefaultTlsUrls : DefaultUrls;
        }

        string[] addresses = urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (string address in addresses)
        {
            if (!IsAddress(address))
            {
                throw new SettingException($"Urls holds \"{address}\", which is not an address to listen at: those look like http://localhost:4000, with a port up to 65535.");
            }
        }

        bool hasHttps = Array.Exists(addresses, static address => address.StartsWith(Https, StringComparison.OrdinalIgnoreCase));
        if (hasHttps != tls.IsOn && !hasEndpoints)
        {
            throw new SettingException(tls.IsOn
                ? $"TLS is on, and Urls is \"{urls}\", where no address begins with {Https}. Add one that does, or leave out --tls."
                : $"Urls is \"{urls}\", and TLS is off. Start with --tls for a certificate that is made for this machine, or name one with --tls-cert and --tls-key.");
        }

        return addresses;
    }

    private static bool IsAddress(string text)
    {
        try
        {
            // Kestrel's own reading, and what it lets pass: "http://localhost:x" would be a host of that name, listening everywhere.
            BindingAddress address = BindingAddress.Parse(text);
            bool isIPv6 = address.Host.StartsWith('[') && address.Host.EndsWith(']');
            return address.IsUnixPipe || address.IsNamedPipe
                || (address.Port is >= 0 and <= 65535 && address.Host.Length > 0 && (isIPv6 || !address.Host.Contains(':', StringComparison.Ordinal)));
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
