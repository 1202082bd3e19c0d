using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Tidings.Server;

/// <summary>What the server takes from a connection before anybody looks at a request: how many there may be, how long the head of a request may take, and where its lines end.</summary>
/// <param name="MaxConnections">How many connections may be open; null for as many as come.</param>
/// <param name="HeadersTimeout">How long the head of a request may take.</param>
internal sealed record ConnectionLimits(int? MaxConnections, TimeSpan HeadersTimeout)
{
    private const string MaxKey = "Tidings:Connections:MaxTotal";
    private const string HeadersTimeoutKey = "Tidings:Connections:HeadersTimeout";
    private const string MaxStreamsKey = $"{TidingsOptions.SectionName}:{nameof(TidingsOptions.Streams)}:{nameof(StreamLimitOptions.MaxTotal)}";

    // Kestrel's own switch. It takes a bare LF for the end of a line, as RFC 9112, 2.2 allows; a proxy that does not would see other lines than the hub.
    private const string RefuseBareLineFeeds = "Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators";

    // With fewer than these the hub could not even say that it is full.
    private const int FewestConnections = 16;

    // Kestrel's own 30 s are for anything that is on the web; the head of a request to the hub is a packet or two.
    private static readonly TimeSpan DefaultHeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShortestHeadersTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestHeadersTimeout = TimeSpan.FromMinutes(10);

    /// <exception cref="SettingException">A setting is out of its range, or the process may open too few files.</exception>
    public static ConnectionLimits From(IConfiguration configuration)
    {
        int? max = configuration.GetValue<int?>(MaxKey);
        if (max < 1)
        {
            throw new SettingException($"{MaxKey} is {max}; it must be at least 1.");
        }

        TimeSpan headers = configuration.GetValue(HeadersTimeoutKey, DefaultHeadersTimeout);
        if (headers < ShortestHeadersTimeout || headers > LongestHeadersTimeout)
        {
            throw new SettingException($"{HeadersTimeoutKey} is {headers}; it must be from {ShortestHeadersTimeout} to {LongestHeadersTimeout} (hours:minutes:seconds).");
        }

        int? room = OpenFiles.ForConnections();
        return room < FewestConnections
            ? throw new SettingException(
                $"This process may open {OpenFiles.Limit()} files, {FewestConnections - room} too few for a hub. Raise the limit with ulimit -n, or by LimitNOFILE of its service.")
            : new ConnectionLimits(max < room || room is null ? max : room, headers);
    }

    public void Apply(KestrelServerOptions kestrel)
    {
        AppContext.SetSwitch(RefuseBareLineFeeds, true);
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
    }

    /// <summary>Bounds the connections and, unless that is set, the streams below them: a connection too many waits without a word, a stream too many is told when to come back.</summary>
    public void Apply(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(this);
        services.AddSingleton<IConnectionListenerFactory, BoundedSockets>();
        if (MaxConnections is { } connections && configuration[MaxStreamsKey] is null)
        {
            services.Configure<TidingsOptions>(options => options.Streams.MaxTotal = Math.Min(options.Streams.MaxTotal, Math.Max(1, connections - Math.Max(1, connections / 10))));
        }
    }
}
