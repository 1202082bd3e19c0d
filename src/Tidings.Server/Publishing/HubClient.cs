using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Tidings.Server;

/// <summary>Publishes to a hub over HTTP, by the Mercure protocol: whatever software the hub is.</summary>
internal sealed class HubClient : IDisposable
{
    // An id or a problem is short; whoever sends more is no hub.
    private const int MaxAnswerBytes = 64 * 1024;

    private const int MaxIdChars = 4096;

    private readonly Uri _hub;
    private readonly BearerToken? _token;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    /// <param name="hub">Where it is.</param>
    /// <param name="token">Who publishes; null for nobody in particular.</param>
    /// <param name="trusted">The certificates to trust; null for those that the machine trusts.</param>
    /// <param name="timeout">How long one answer may take.</param>
    /// <param name="time">The clock of the timeout.</param>
    public HubClient(Uri hub, BearerToken? token, X509Certificate2Collection? trusted, TimeSpan timeout, TimeProvider time)
    {
        _hub = hub;
        _token = token;
        _timeout = timeout;
        _time = time;

        // A redirected POST becomes a GET, which would subscribe; and nobody but the caller should say where data goes.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }.Trusting(trusted))
        {
            Timeout = Timeout.InfiniteTimeSpan, // ours goes by _time
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("tidings");
    }

    /// <summary>Publishes one event. What fails on the way is answered, not thrown.</summary>
    /// <exception cref="SettingException">The token cannot be read any more.</exception>
    public async Task<HubAnswer> PublishAsync(IEnumerable<KeyValuePair<string, string>> fields, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            using var form = new FormUrlEncodedContent(fields);
            using var request = new HttpRequestMessage(HttpMethod.Post, _hub) { Content = form };
            if (_token is not null)
            {
                request.Headers.TryAddWithoutValidation(BearerToken.HeaderName, $"Bearer {await _token.ReadAsync(either.Token)}");
            }

            using HttpResponseMessage response = await _http.SendAsync(request, either.Token);
            return Read(response, await response.Content.ReadAsStringAsync(either.Token));
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new HubAnswer(
                ExitCode.Timeout,
                $"The hub at {_hub} did not answer within {_timeout.TotalSeconds} s, so the event may be stored or not. Try again, or wait longer with --timeout.");
        }
        catch (HttpRequestException failure) when (failure.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return NotAHub();
        }
        catch (Exception failure) when (failure is HttpRequestException or SocketException)
        {
            // The framework lets a SocketException through as it is when a connection is reset the moment it stands.
            string advice = TrustedCertificates.Advice(failure) is { Length: > 0 } trust ? trust : " Is it running, and is the address right?";
            return new HubAnswer(ExitCode.Connection, $"Cannot talk to the hub at {_hub}: {Cause(failure)}.{advice}");
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Cause(Exception failure) =>
        (failure is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } ? failure.GetBaseException() : failure).Message.TrimEnd('.');

    private HubAnswer Read(HttpResponseMessage response, string body)
    {
        int status = (int)response.StatusCode;
        return status switch
        {
            200 when IsId(response, body) => new HubAnswer(ExitCode.Ok, body),
            >= 200 and < 300 => NotAHub(),
            >= 300 and < 400 => new HubAnswer(
                ExitCode.Failure, $"{_hub} has moved to {response.Headers.Location?.ToString() ?? "an address that it does not tell"}. Give the hub's own address with --hub."),
            401 or 403 => new HubAnswer(ExitCode.Auth, Refusal(status, body) ?? $"The hub at {_hub} does not let you publish (status {status})."),
            404 or 405 when Refusal(status, body) is null => NotAHub(),
            _ => new HubAnswer(ExitCode.Failure, Refusal(status, body) ?? $"The hub at {_hub} did not take the event (status {status})."),
        };
    }

    private HubAnswer NotAHub() => new(
        ExitCode.Failure, $"What answers at {_hub} is not a hub. Hubs usually are at {new Uri(_hub, TidingsEndpointRouteBuilderExtensions.DefaultHubPath)}.");

    private static bool IsId(HttpResponseMessage response, string body) =>
        body.Length is > 0 and <= MaxIdChars && !body.Any(char.IsControl) && response.Content.Headers.ContentType?.MediaType != "text/html";

    /// <summary>What the hub says about it (RFC 9457), or null if it says nothing that can be read.</summary>
    private static string? Refusal(int status, string body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            if (problem.RootElement.ValueKind != JsonValueKind.Object || (Text(problem, "detail") ?? Text(problem, "title")) is not { } said)
            {
                return null;
            }

            string field = Text(problem, "field") is { } name ? $"field \"{name}\", " : "";
            return $"The hub refuses this ({field}status {status}): {said}";
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonDocument problem, string name) =>
        problem.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
