using System.Globalization;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Tidings.Server;

/// <summary>What <c>tidings serve</c> prints when it is ready: where the hub is, whose tokens it takes, and what to do next.</summary>
internal static class StartOutput
{
    public static async Task WriteAsync(TextWriter output, WebApplication app)
    {
        TidingsOptions options = app.Services.GetRequiredService<IOptions<TidingsOptions>>().Value;
        bool isDev = options.Dev;
        HubAuthorizationOptions authorization = app.Services.GetRequiredService<IOptions<HubAuthorizationOptions>>().Value;
        string hub = HubAt(app.Urls.FirstOrDefault() ?? "");
        await output.WriteLineAsync($"Tidings {Version()}");
        foreach (string url in app.Urls)
        {
            await output.WriteLineAsync($"  hub   {HubAt(url)}");
            if (isDev)
            {
                await output.WriteLineAsync($"  page  {url.TrimEnd('/')}/");
            }
        }

        ServerCertificate? certificate = app.Services.GetService<ServerCertificate>();
        if (certificate is not null)
        {
            await output.WriteLineAsync($"  tls   {CertificateOf(certificate)}");
        }

        await output.WriteLineAsync($"  log   {LogOf(app)}");
        if (app.Services.GetRequiredService<ConnectionLimits>().MaxConnections is { } connections)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  room  {options.Streams.MaxTotal} streams, {connections} connections"));
        }

        if (authorization.Issuers.Count > 0)
        {
            await output.WriteLineAsync($"  keys  protocol 1.0: tokens of {string.Join(", ", authorization.Issuers.Select(issuer => issuer.Identifier))}");
        }

        if (RightsOf(authorization.Legacy) is { } rights)
        {
            await output.WriteLineAsync($"  keys  protocol 0.x: tokens that {rights}");
        }

        if (RuntimeFloor.Complaint() is { } old)
        {
            await output.WriteLineAsync(old);
        }

        foreach (string line in isDev ? DevLines(hub, certificate?.DevelopmentFile) : CanBePublishedTo(authorization) ? [] : FirstSteps(hub))
        {
            await output.WriteLineAsync(line);
        }

        await output.WriteLineAsync("Ctrl+C stops it.");
        await output.FlushAsync();
    }

    private static string[] DevLines(string hub, string? certificateFile)
    {
        string trust = certificateFile is null ? "" : $" --cacert '{certificateFile}'";
        return
        [
            $"Dev mode: anybody on this machine may publish, and nobody else can connect. Every response says {HubServer.ModeHeader}: dev.",
            $"Try:    curl -N{trust} '{hub}?match=news'",
            $"        tidings publish{trust} --hub {hub} --topic news --data hi",
        ];
    }

    private static string[] FirstSteps(string hub) =>
    [
        "Publishing is off, because no key is set for it. To try it out on this machine, start with --dev. Or make a key, start with it, and make a token:",
        "        (umask 077; tidings token --new-key > key)",
        $"        tidings serve --set Tidings:PublicUrl={hub} --set Tidings:Issuers:0:Identifier=me --set Tidings:Issuers:0:Keys:KeyFile=key",
        $"        tidings token --key @key --issuer me --audience {hub} --publish '*' > token",
    ];

    private static string CertificateOf(ServerCertificate certificate)
    {
        string end = $"until {certificate.Certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}";
        return certificate.DevelopmentFile is { } file
            ? $"a certificate made for this machine, {end}. Browsers ask once whether to trust it; others need {file}"
            : $"the certificate of {certificate.Certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)}, {end}";
    }

    private static string? RightsOf(LegacyTokenOptions legacy) => legacy switch
    {
        { Publisher: not null, Subscriber: not null } => "publish, and tokens that subscribe",
        { Publisher: not null } => "publish",
        { Subscriber: not null } => "subscribe",
        _ => null,
    };

    private static bool CanBePublishedTo(HubAuthorizationOptions authorization) =>
        authorization.Legacy.Publisher is not null || authorization.Issuers.Any(issuer => issuer.Keys is not null || issuer.Publisher is not null);

    private static string HubAt(string url) => url.TrimEnd('/') + TidingsEndpointRouteBuilderExtensions.DefaultHubPath;

    private static string LogOf(WebApplication app)
    {
        switch (LogChoice.Of(app.Configuration))
        {
            case LogKind.Disk:
                SqliteLogOptions options = app.Services.GetRequiredService<IOptions<SqliteLogOptions>>().Value;
                return $"{Path.GetFullPath(options.Directory)} (durability: {options.Durability.ToString().ToLowerInvariant()})";
            case LogKind.Postgres:
                PostgresEventLog log = app.Services.GetRequiredService<PostgresEventLog>();
                return $"{log.Location} (durability: {log.Durability.ToString().ToLowerInvariant()}; {log.Server})";
            default:
                return "in memory: it ends with this process";
        }
    }

    private static string Version() =>
        typeof(StartOutput).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
