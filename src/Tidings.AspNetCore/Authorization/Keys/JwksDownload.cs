using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidings;

/// <summary>
/// Fetches a key set from an issuer, and gives whoever answers no power: no redirects, no proxy that would resolve names for it, no inner addresses, little time and little memory.
/// </summary>
internal sealed class JwksDownload : IDisposable
{
    /// <summary>The longest answer: 256 KiB.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>How long name, connection, answer and body may take together.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly HttpClient _client;
    private readonly bool _allowPrivateAddresses;
    private readonly TimeProvider _time;

    public JwksDownload(bool allowPrivateAddresses, TimeProvider time)
    {
        _allowPrivateAddresses = allowPrivateAddresses;
        _time = time;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = 16, // KiB
            PooledConnectionLifetime = TimeSpan.Zero, // each time the name is resolved and checked anew
            ConnectCallback = ConnectAsync,
        })
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan, // below, by a clock that tests can move
        };
    }

    /// <exception cref="KeyException">It could not be fetched; says why.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<string> FetchAsync(Uri url, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new KeyException($"was answered with {(int)response.StatusCode}, not 200; redirects are not followed.");
            }

            using Stream body = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            byte[] bytes = new byte[MaxBytes + 1];
            int length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, either.Token).ConfigureAwait(false);
            return length <= MaxBytes
                ? Encoding.UTF8.GetString(bytes, 0, length)
                : throw new KeyException($"was answered with more than {MaxBytes / 1024} KiB.");
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new KeyException($"was not answered completely within {Timeout.TotalSeconds} s.");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or SocketException)
        {
            throw new KeyException($"cannot be read: {failure.Message}");
        }
    }

    public void Dispose() => _client.Dispose();

    // Resolve, check, then connect to what was checked: a name that resolves differently a moment later gains nothing.
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        DnsEndPoint target = context.DnsEndPoint;
        IPAddress[] addresses = IPAddress.TryParse(target.Host, out IPAddress? literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(target.Host, cancellationToken).ConfigureAwait(false);
        IPAddress[] allowed = _allowPrivateAddresses ? addresses : [.. addresses.Where(PublicAddress.Contains)];
        if (allowed.Length == 0)
        {
            throw new HttpRequestException(
                $"{target.Host} is at no public address. If the issuer is within your network, set Tidings:{nameof(HubAuthorizationOptions.AllowPrivateJwksAddresses)}.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, target.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
