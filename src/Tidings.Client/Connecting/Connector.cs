using System.Diagnostics;
using System.Net.Sockets;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Tidings.Client.Decoding;
using Tidings.Client.Diagnostics;

namespace Tidings.Client.Connecting;

/// <summary>What came of an attempt: a stream, or an error and perhaps the wait that the server asked for.</summary>
internal readonly record struct ConnectOutcome(OpenStream? Stream, EventSourceError? Error, TimeSpan? RetryAfter);

/// <summary>Makes one attempt to connect: request, redirects, check of the response. Holds no state between attempts.</summary>
internal sealed class Connector : IDisposable
{
    private readonly Uri _url;
    private readonly EventSourceOptions _options;
    private readonly HttpClient? _client;
    private readonly HttpMessageInvoker? _invoker;

    public Connector(Uri url, EventSourceOptions options)
    {
        _url = url;
        _options = options;
        _client = options.HttpClient;
        if (_client is null)
        {
            _invoker = options.Handler is { } handler
                ? new HttpMessageInvoker(handler, disposeHandler: false)
                : new HttpMessageInvoker(OneRequest.CreateHandler(), disposeHandler: true);
        }
    }

    public void Dispose() => _invoker?.Dispose();

    /// <param name="lastEventId">Sent if not empty.</param>
    /// <param name="number">Which attempt in a row it is, from 1.</param>
    /// <param name="decoderOptions">For the stream that opens.</param>
    /// <param name="stop">Ends the attempt, and later cuts the stream.</param>
    public async ValueTask<ConnectOutcome> ConnectAsync(string lastEventId, int number, EventStreamOptions decoderOptions, CancellationToken stop)
    {
        using Activity? activity = ClientTelemetry.StartAttempt(_url, number);
        ConnectOutcome outcome = await AttemptAsync(lastEventId, number, refusal: null, decoderOptions, stop).ConfigureAwait(false);

        // A token may have expired since it was made; a fresh one is worth one more request, at once, and not a second.
        if (_options.OnConnecting is not null
            && outcome.Error?.StatusCode is (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) and { } refusal)
        {
            outcome = await AttemptAsync(lastEventId, number, refusal, decoderOptions, stop).ConfigureAwait(false);
        }

        ClientTelemetry.AttemptEnded(activity, outcome.Error);
        return outcome;
    }

    private async ValueTask<ConnectOutcome> AttemptAsync(
        string lastEventId, int number, HttpStatusCode? refusal, EventStreamOptions decoderOptions, CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(_options.ResponseTimeout ?? Timeout.InfiniteTimeSpan, _options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        try
        {
            var attempt = new ConnectionAttempt(_url, number, refusal, _options.Headers);
            if (_options.OnConnecting is { } onConnecting)
            {
                await onConnecting(attempt, either.Token).ConfigureAwait(false);
            }

            return await FollowAsync(attempt, lastEventId, decoderOptions, either.Token, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            // Our own limit, or that of the caller's client.
            return Failed(EventSourceErrorReason.ResponseTimeout, "The server did not answer in time.", exception: e);
        }
        catch (HttpRequestException e) when (IsRefusedHeader(e, lastEventId))
        {
            return Failed(
                EventSourceErrorReason.LastEventId,
                "The handler of the caller refuses to send a last event ID that is not ASCII: use EventSource.CreateHandler or set RequestHeaderEncodingSelector.",
                exception: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException or SocketException || (e is ObjectDisposedException && stop.IsCancellationRequested))
        {
            // The framework lets a SocketException through as it is when a connection is reset the moment it stands.
            stop.ThrowIfCancellationRequested(); // Close() took the connection, or the client, away: no failure but the caller's wish.
            return Failed(EventSourceErrorReason.ConnectionFailed, $"No connection: {e.GetBaseException().Message}", exception: e);
        }
    }

    private async ValueTask<ConnectOutcome> FollowAsync(
        ConnectionAttempt attempt, string lastEventId, EventStreamOptions decoderOptions, CancellationToken cancellationToken, CancellationToken stop)
    {
        var hop = new Hop(_url, _options.Method, _options.Body is not null, HasCredentials: true);
        for (int redirects = 0; ; redirects++)
        {
            HttpResponseMessage response = await SendAsync(hop, attempt, lastEventId, cancellationToken).ConfigureAwait(false);
            try
            {
                if (Hop.IsRedirect(response.StatusCode) && response.Headers.NonValidated.TryGetValues("Location", out HeaderStringValues locations))
                {
                    Hop? next = hop.Next(response.StatusCode, locations.ToString(), out string complaint);
                    if (next is null || redirects == Hop.MaxRedirects)
                    {
                        return Failed(
                            EventSourceErrorReason.Redirect,
                            next is null ? complaint : $"The server redirects more than {Hop.MaxRedirects} times.",
                            response.StatusCode);
                    }

                    hop = next;
                    continue;
                }

                if (ResponseCheck.Complaint(response, _options.RetryOnServerError) is { } error)
                {
                    return new ConnectOutcome(null, error, ResponseCheck.RetryAfter(response, _options.TimeProvider));
                }

                Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
                var decoder = new EventStreamDecoder(decoderOptions, Encoding.UTF8.GetBytes(lastEventId));

                // The caller's handler may have followed redirects by itself; then the message knows where it ended.
                string origin = UrlOrigin.Of(response.RequestMessage?.RequestUri ?? hop.Url);
                var stream = new OpenStream(response, new EventStreamInput(body, decoder, new byte[EventStreamInput.ReadBytes]), origin, _options, stop);
                response = null!; // The stream owns it now.
                return new ConnectOutcome(stream, null, null);
            }
            finally
            {
                response?.Dispose();
            }
        }
    }

    private async ValueTask<HttpResponseMessage> SendAsync(Hop hop, ConnectionAttempt attempt, string lastEventId, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = CreateRequest(hop, attempt, lastEventId);
        HttpResponseMessage response = _client is not null
            ? await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false)
            : await _invoker!.SendAsync(request, cancellationToken).ConfigureAwait(false); // Set whenever _client is not.
        if (hop.HasCredentials && _options.Cookies is { } cookies && response.Headers.NonValidated.TryGetValues("Set-Cookie", out HeaderStringValues setCookies))
        {
            foreach (string cookie in setCookies)
            {
                KeepCookie(cookies, hop.Url, cookie);
            }
        }

        return response;
    }

    private HttpRequestMessage CreateRequest(Hop hop, ConnectionAttempt attempt, string lastEventId)
    {
        var request = new HttpRequestMessage(hop.Method, hop.Url) { Content = hop.HasBody ? _options.Body!() : null }; // HasBody comes from Body.

        // HTML 9.2.2 names the type to accept, and the cache mode "no-store", for which fetch (4.6) sends no-cache.
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        request.Headers.TryAddWithoutValidation("Cache-Control", "no-cache");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        if (hop.HasCredentials)
        {
            foreach ((string name, string value) in attempt.Headers)
            {
                request.Headers.Remove(name);
                if (!request.Headers.TryAddWithoutValidation(name, value))
                {
                    throw new InvalidOperationException($"'{name}' cannot be sent as a request header; a header of the body belongs to EventSourceOptions.Body.");
                }
            }

            if (_options.Cookies?.GetCookieHeader(hop.Url) is { Length: > 0 } cookies)
            {
                request.Headers.TryAddWithoutValidation("Cookie", cookies);
            }
        }

        if (lastEventId.Length > 0)
        {
            request.Headers.Remove("Last-Event-ID");
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        return request;
    }

    private static void KeepCookie(CookieContainer cookies, Uri url, string cookie)
    {
        try
        {
            cookies.SetCookies(url, cookie);
        }
        catch (CookieException)
        {
            // RFC 6265, 5.2: a cookie that cannot be understood is ignored.
        }
    }

    // The HTTP stack throws this without a reason of its own, before it sends anything; repeating it would never end.
    private bool IsRefusedHeader(HttpRequestException e, string lastEventId) =>
        (_options.HttpClient is not null || _options.Handler is not null)
        && e is { InnerException: null, HttpRequestError: HttpRequestError.Unknown, StatusCode: null }
        && !Ascii.IsValid(lastEventId);

    private static ConnectOutcome Failed(
        EventSourceErrorReason reason, string message, HttpStatusCode? status = null, Exception? exception = null) =>
        new(null, new EventSourceError(reason, message, status, exception), null);
}
