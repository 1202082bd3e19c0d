namespace Tidings;

/// <summary>The settings of Tidings in an app; bound from the configuration section <c>Tidings</c> and checked when the app starts.</summary>
public sealed class TidingsOptions
{
    /// <summary>The configuration section that the options are bound from.</summary>
    public const string SectionName = "Tidings";

    /// <summary>The bounds of the engine.</summary>
    public BrokerOptions Broker { get; } = new();

    /// <summary>What the in-memory log keeps, as long as no other log is used.</summary>
    public InMemoryLogOptions MemoryLog { get; } = new();

    /// <summary>Whether and how the hub tells who is subscribed to what. Default: not at all.</summary>
    public SubscriptionsOptions Subscriptions { get; } = new();

    /// <summary>How long a stream may be silent before a comment is sent, so that nothing between here and the client gives it up. Default 15 s; 1 s to 10 min.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// At most how often a client that asks for it by <c>cursor=heartbeat</c> is told the place where its stream is, while the place moves. Default 30 s; 1 s to 1 h; it should
    /// be well below the time for which the log keeps events.
    /// </summary>
    public TimeSpan CursorHeartbeatInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long one write to a client may wait for the client to read before the connection is cut; the client comes back with its cursor.
    /// Default 10 s; 1 s to 10 min.
    /// </summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After what time without an answer from the client's machine the operating system gives the connection of a stream up, although there was room to write. Linux only
    /// (<c>TCP_USER_TIMEOUT</c>); elsewhere the system's own time counts. Default 60 s; 1 s to 1 h.
    /// </summary>
    public TimeSpan DeadPeerTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How many bytes the operating system may keep for a client of a stream on HTTP/1.1 that does not read (<c>SO_SNDBUF</c>, which Linux doubles for its own bookkeeping).
    /// More lets a distant client be sent more at once. Default 128 KiB; 4 KiB to 16 MiB.
    /// </summary>
    public int SendBufferBytes { get; set; } = 128 * 1024;

    /// <summary>
    /// How long a stream of the hub may be open before its client has to come back, which it does by itself and with its cursor; each stream is given a random share of 80 to 100 %. So streams
    /// move on when a node is added, and rights are judged anew. Default 1 h; 10 s to 7 days, or 0 for no limit.
    /// </summary>
    public TimeSpan MaxStreamAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long before the end of its token a stream of the hub is sent the event <c>tidings-expiring</c>, so that its page can renew the token and open the next stream in time.
    /// Default 10 s; up to 10 min, or 0 for no such event.
    /// </summary>
    public TimeSpan ExpiryNotice { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many streams may be open.</summary>
    public StreamLimitOptions Streams { get; } = new();

    /// <summary>Over how long the open streams are ended when the app stops, so that their clients do not come back all at once. Default 2 s; 0 to 5 min.</summary>
    public TimeSpan DrainWindow { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The shortest reconnection time that clients are given when the app stops; each is given a random one of up to five times as long. Default 1 s; 100 ms to 10 min.</summary>
    public TimeSpan DrainRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a publish over HTTP waits for the log; then it is answered with 503, and the event may be stored or not. Default 10 s; 100 ms to 10 min.
    /// </summary>
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the answer to a publish over HTTP waits, once the event is stored, until it has been written to all streams that keep up: so a publisher that awaits its answers is never ahead of its
    /// readers, and each event reaches them sooner. A stream that is slow or behind is not waited for, nor one at another node. Up to 10 min, or 0 to answer as soon as the event is stored. Default: null,
    /// which is 1 s, and 0 with a log that several nodes share.
    /// </summary>
    public TimeSpan? PublishWaitsForStreams { get; set; }

    /// <summary>The largest body of a publish, in bytes. Default 1 MiB; at least 1.</summary>
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>The largest field of a publish as it is sent, its name included, in bytes. Default 512 KiB; at least 1.</summary>
    public int MaxFieldBytes { get; set; } = 512 * 1024;

    /// <summary>The most topics of one publish. Default 100; at least 1.</summary>
    public int MaxTopics { get; set; } = 100;

    /// <summary>The most events of one publish that is sent as a JSON array. Default 1,000; at least 1.</summary>
    public int MaxBatchEvents { get; set; } = 1000;

    /// <summary>The most matchers of one subscription. Default 100; at least 1.</summary>
    public int MaxMatchers { get; set; } = 100;

    /// <summary>The longest URL pattern or URI template of a subscription, in bytes of UTF-8. Default 4,096; 1 to 4,096.</summary>
    public int MaxPatternBytes { get; set; } = 4096;

    /// <summary>The most groups, wildcards and variables of one URL pattern or URI template. Default 16; 0 to 64.</summary>
    public int MaxPatternGroups { get; set; } = 16;

    /// <summary>
    /// The URL of the hub as clients know it, such as <c>https://example.com/.well-known/mercure</c>: what relative patterns, and topics with them, are resolved against, the
    /// audience of tokens of protocol 1.0, and the base of what the hub tells about itself. An absolute URL of <c>http</c> or <c>https</c> without query or fragment.
    /// Default: none, and then topics are resolved against a host that does not exist. It is never taken from a request, whose Host anybody can forge.
    /// </summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>
    /// Lets anybody on this machine publish, and nobody else: for development. Default: off, and then publishing needs a right.
    /// </summary>
    public bool Dev { get; set; }
}
