using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidings.Server;

/// <summary>The server that is measured: where it is, and what a request to it looks like. In the Mercure form unless templates say otherwise.</summary>
internal sealed class BenchTarget
{
    public const string NeedsNoEncryption = "an address with http: what encryption costs the load generator would be missing to the server";

    private const string TopicPlace = "{topic}";
    private const string DataPlace = "{data}";

    private readonly string _publishUrl;
    private readonly string _publishBody;
    private readonly string _subscribeUrl;
    private readonly string _replayUrl;
    private readonly string _contentType;
    private readonly string _authorization;
    private readonly string _topicPrefix;

    private BenchTarget(string publishUrl, string publishBody, string subscribeUrl, string replayUrl, string contentType, string? token, string run)
    {
        _publishUrl = publishUrl;
        _publishBody = publishBody;
        _subscribeUrl = subscribeUrl;
        _replayUrl = replayUrl;
        _contentType = contentType;
        _authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        _topicPrefix = $"bench-{run}-";
    }

    /// <summary>Where publishers connect to.</summary>
    public EndPoint PublishEndPoint { get; private set; } = new IPEndPoint(IPAddress.Loopback, 0);

    /// <summary>Where streams connect to.</summary>
    public EndPoint SubscribeEndPoint { get; private set; } = new IPEndPoint(IPAddress.Loopback, 0);

    /// <param name="hub">A hub that speaks the Mercure protocol, 1.0.</param>
    /// <param name="token">Sent with each request; null for none.</param>
    /// <param name="run">Becomes part of the topics, so that runs do not see each other's events.</param>
    public static BenchTarget OfHub(Uri hub, string? token, string run)
    {
        string url = hub.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped);
        string streams = $"{url}{(hub.Query.Length > 1 ? '&' : '?')}match={TopicPlace}";
        return new BenchTarget(
            url, $"topic={TopicPlace}&data={DataPlace}", streams, $"{streams}&last_event_id=earliest", "application/x-www-form-urlencoded", token, run);
    }

    /// <summary>Any server: where <c>{topic}</c> and <c>{data}</c> stand, the topic and the data are put.</summary>
    public static BenchTarget OfTemplates(string publishUrl, string publishBody, string subscribeUrl, string? token, string run) =>
        new(publishUrl, publishBody, subscribeUrl, subscribeUrl, "text/plain", token, run);

    /// <summary>Finds an address at which each of the two servers answers.</summary>
    /// <exception cref="BenchException">There is none.</exception>
    public async Task FindAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_publishUrl.Length > 0)
        {
            PublishEndPoint = await FindAsync(new Uri(Filled(_publishUrl, 0)), timeout, cancellationToken);
        }

        if (_subscribeUrl.Length > 0)
        {
            SubscribeEndPoint = await FindAsync(new Uri(Filled(_subscribeUrl, 0)), timeout, cancellationToken);
        }
    }

    /// <summary>The request that opens a stream.</summary>
    public byte[] SubscribeRequest(int topic, bool fromEarliest)
    {
        var url = new Uri(Filled(fromEarliest ? _replayUrl : _subscribeUrl, topic));
        return Encoding.ASCII.GetBytes($"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nAccept: text/event-stream\r\n{_authorization}\r\n");
    }

    /// <summary>A request that publishes to the topic, and where in it the data goes.</summary>
    public (byte[] Request, int DataOffset) PublishRequest(int topic, int dataBytes)
    {
        var url = new Uri(Filled(_publishUrl, topic));
        string body = Filled(_publishBody, topic);
        int place = body.IndexOf(DataPlace, StringComparison.Ordinal);
        byte[] before = Encoding.UTF8.GetBytes(body[..place]);
        byte[] after = Encoding.UTF8.GetBytes(body[(place + DataPlace.Length)..]);
        byte[] head = Encoding.ASCII.GetBytes(
            $"POST {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Type: {_contentType}\r\n{_authorization}Content-Length: {before.Length + dataBytes + after.Length}\r\n\r\n");
        return ([.. head, .. before, .. new byte[dataBytes], .. after], head.Length + before.Length);
    }

    /// <summary>What is wrong with a template for the address of a server; null if nothing is.</summary>
    public static string? Check(string template) =>
        !Uri.TryCreate(template.Replace(TopicPlace, "t", StringComparison.Ordinal), UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https")
            ? "an address such as http://localhost:8080/sub/{topic}"
            : url.Scheme == "https" ? NeedsNoEncryption : null;

    /// <summary>Whether the template of a body has exactly one place for the data.</summary>
    public static bool HasDataOnce(string template) =>
        template.IndexOf(DataPlace, StringComparison.Ordinal) is >= 0 and int place && place == template.LastIndexOf(DataPlace, StringComparison.Ordinal);

    private static async Task<EndPoint> FindAsync(Uri url, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(timeout);
        string reason = "the name has no address";
        try
        {
            foreach (IPAddress address in await Dns.GetHostAddressesAsync(url.DnsSafeHost, timer.Token))
            {
                using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(new IPEndPoint(address, url.Port), timer.Token);
                    return new IPEndPoint(address, url.Port);
                }
                catch (SocketException failure)
                {
                    reason = failure.Message;
                }
            }
        }
        catch (SocketException failure)
        {
            reason = failure.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            reason = $"no answer within {timeout.TotalSeconds} s";
        }

        throw new BenchException(ExitCode.Connection, $"Cannot connect to {url.GetLeftPart(UriPartial.Authority)}: {reason}. Is the server running, and is the address right?");
    }

    private string Filled(string template, int topic) => template.Replace(TopicPlace, $"{_topicPrefix}{topic}", StringComparison.Ordinal);
}
