using System.Net;
using System.Net.Http.Headers;

namespace Tidings.Client.Connecting;

/// <summary>
/// HTML 9.2.2: "if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection."
/// </summary>
internal static class ResponseCheck
{
    /// <summary>Says why <paramref name="response"/> opens no stream, or null if it does.</summary>
    public static EventSourceError? Complaint(HttpResponseMessage response, bool retryOnServerError)
    {
        HttpStatusCode status = response.StatusCode;
        if (status == HttpStatusCode.NoContent)
        {
            return new EventSourceError(EventSourceErrorReason.NoContent, "The server answered 204: there is nothing more to come.", status);
        }

        if (retryOnServerError && ((int)status is 429 or (>= 500 and <= 599)))
        {
            return new EventSourceError(EventSourceErrorReason.ServerUnavailable, $"The server answered {(int)status}.", status);
        }

        if (status != HttpStatusCode.OK)
        {
            return new EventSourceError(EventSourceErrorReason.Status, $"The server answered {(int)status} instead of 200.", status);
        }

        string? type = Last(response.Content.Headers, "Content-Type");
        if (!IsEventStream(type))
        {
            return new EventSourceError(
                EventSourceErrorReason.ContentType,
                type is null ? "The response has no Content-Type; it must be text/event-stream." : "The response's Content-Type is not text/event-stream.",
                status);
        }

        // Nothing but identity was asked for, and nothing is decompressed: a bomb stays a small file.
        string? encoding = Last(response.Content.Headers, "Content-Encoding");
        return encoding is null || string.Equals(encoding.Trim(), "identity", StringComparison.OrdinalIgnoreCase)
            ? null
            : new EventSourceError(EventSourceErrorReason.ContentEncoding, "The response is compressed although no compression was asked for.", status);
    }

    /// <summary>How long the server asks to wait (RFC 9110, 10.2.3), or null.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider timeProvider)
    {
        RetryConditionHeaderValue? value = response.Headers.RetryAfter;
        return value?.Delta ?? (value?.Date - timeProvider.GetUtcNow());
    }

    /// <summary>The essence decides (MIME Sniffing 4.2): parameters are allowed, and ignored, since streams are always UTF-8.</summary>
    internal static bool IsEventStream(string? contentType)
    {
        ReadOnlySpan<char> essence = contentType;
        int end = essence.IndexOf(';');
        return (end < 0 ? essence : essence[..end]).Trim(" \t\r\n").Equals("text/event-stream", StringComparison.OrdinalIgnoreCase);
    }

    // Of several headers the last counts (Fetch 2.2.5, "extract a MIME type"). As sent, not as a parser would have it.
    private static string? Last(HttpContentHeaders headers, string name)
    {
        string? last = null;
        if (headers.NonValidated.TryGetValues(name, out HeaderStringValues values))
        {
            foreach (string value in values)
            {
                last = value;
            }
        }

        return last;
    }
}
