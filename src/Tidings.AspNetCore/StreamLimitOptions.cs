namespace Tidings;

/// <summary>How many streams may be open at once; section <c>Tidings:Streams</c>. Behind a proxy the addresses are the clients' own only if the app is told to trust it.</summary>
public sealed class StreamLimitOptions
{
    /// <summary>How many streams the app has in total. Default 50,000; at least 1.</summary>
    public int MaxTotal { get; set; } = 50_000;

    /// <summary>How many streams one address may have open; for IPv6 one network of 64 bits. Default 0: as many as it likes, because a proxy has one address for all of its clients.</summary>
    public int MaxPerAddress { get; set; }

    /// <summary>How many streams one user may have open: the issuer and the subject of a token, or the name of an app's own user. Default 1,000; 0 for as many as it likes.</summary>
    public int MaxPerSubject { get; set; } = 1000;

    /// <summary>How many streams may be open with one token that has an id (<c>jti</c>). Default 1,000; 0 for as many as it likes.</summary>
    public int MaxPerToken { get; set; } = 1000;

    /// <summary>
    /// How many distinct patterns (URL patterns and URI templates) the streams of one client at the hub may use together, so that nobody uses up what all may use
    /// (<see cref="BrokerOptions.MaxPatterns"/>). A client is the issuer and the subject of a token or an app's own user; else the token, if it has an id; else the address, for IPv6 its network
    /// of 64 bits. Exact topics do not count, and the same pattern in several streams counts once. Default 5,000; 0 for as many as it likes.
    /// </summary>
    public int MaxPatternsPerClient { get; set; } = 5000;

    /// <summary>
    /// Sends a client away that accepts event streams as browsers do, with an empty stream and a time after which to come back, 5 to 30 s: on any other status but 200 a browser gives up for good
    /// (WHATWG HTML 9.2.2). Off: 429 if the client has too many streams or patterns, 503 if the app has, with <c>Retry-After</c>, as everybody else is told. Default: on.
    /// </summary>
    public bool RefuseSoftly { get; set; } = true;
}
