using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>Publishing at the hub: the Mercure protocol, section "Publication". 200 with the event's id as text means that the event is stored.</summary>
internal static class PublishEndpoint
{
    private const string IdempotencyKeyHeader = "Idempotency-Key";
    private const string FormType = "application/x-www-form-urlencoded";

    public static async Task HandleAsync(HttpContext context)
    {
        TidingsOptions options = context.RequestServices.GetRequiredService<IOptions<TidingsOptions>>().Value;
        HubProblem? problem = DevGuard.PublishComplaint(context, options) ?? CheckContentType(context.Request);
        if (problem is not null)
        {
            await problem.WriteAsync(context);
            return;
        }

        // MaxBodyBytes is the limit, also above the server's own; it is kept while reading.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        (PublishForm form, problem) = await PublishForm.ReadAsync(context.Request, options);
        if (problem is not null)
        {
            await problem.WriteAsync(context);
            return;
        }

        if (ReadIdempotencyKey(context, out IdempotencyKey? key) is { } keyProblem)
        {
            await keyProblem.WriteAsync(context);
            return;
        }

        Broker broker = context.RequestServices.GetRequiredService<Broker>();
        try
        {
            SseId id = await broker.PublishAsync(form.Topics, form.Event, form.Audience, key, context.RequestAborted)
                .AsTask().WaitAsync(options.PublishTimeout, context.RequestServices.GetRequiredService<TimeProvider>());
            context.Response.ContentType = "text/plain; charset=utf-8";
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsync(id.Value, context.RequestAborted);
        }
        catch (PublishException refused)
        {
            await RefuseAsync(context, refused.Failure);
        }
        catch (TimeoutException)
        {
            await RefuseAsync(context, PublishFailure.OutcomeUnknown);
        }
    }

    // The header of draft-ietf-httpapi-idempotency-key-header: a quoted string there, a bare one with most of those who used it before.
    private static HubProblem? ReadIdempotencyKey(HttpContext context, out IdempotencyKey? key)
    {
        key = null;
        StringValues values = context.Request.Headers[IdempotencyKeyHeader];
        if (values.Count == 0)
        {
            return null;
        }

        // Several headers are one list, joined by commas wherever they passed through (RFC 9110, 5.3).
        string text = values.ToString().Trim();
        bool isQuoted = text.Length >= 2 && text[0] == '"' && text[^1] == '"';
        text = isQuoted ? text[1..^1] : text;
        if (text.Contains(isQuoted ? '"' : ',', StringComparison.Ordinal))
        {
            return HubProblem.BadField(IdempotencyKeyHeader, "An event can have one idempotency key.");
        }

        if (!IdempotencyKey.TryParse(text, context.User.Identity?.Name ?? "", out IdempotencyKey parsed, out string? complaint))
        {
            return HubProblem.BadField(IdempotencyKeyHeader, complaint);
        }

        key = parsed;
        return null;
    }

    private static HubProblem? CheckContentType(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
        && type.MediaType.Equals(FormType, StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            ? null
            : new HubProblem(StatusCodes.Status415UnsupportedMediaType, HeaderNames.ContentType, $"A publish is sent as {FormType} in UTF-8.");

    private static Task RefuseAsync(HttpContext context, PublishFailure failure)
    {
        (int status, int retryAfterSeconds, string detail) = failure switch
        {
            PublishFailure.Busy => (StatusCodes.Status503ServiceUnavailable, 1, "The event was not stored: too many publishes are waiting. Try again in a moment."),
            PublishFailure.Draining => (StatusCodes.Status503ServiceUnavailable, 5, "The event was not stored: the hub is stopping. Try again when it is back."),
            PublishFailure.StorageFull => (StatusCodes.Status507InsufficientStorage, 5, "The event was not stored: the hub has no space for it. Try again later."),
            PublishFailure.KeyReused => (
                StatusCodes.Status422UnprocessableEntity, 0, "The event was not stored: its idempotency key was used before for another event."),
            PublishFailure.OutcomeUnknown => (
                StatusCodes.Status503ServiceUnavailable, 1, "The log did not answer as it should while the event was being stored: it may be stored or not. With the same Idempotency-Key it is safe to try again."),
            _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, message: null),
        };
        if (retryAfterSeconds > 0)
        {
            context.Response.Headers.RetryAfter = retryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        string? field = failure == PublishFailure.KeyReused ? IdempotencyKeyHeader : null;
        return new HubProblem(status, field, detail).WriteAsync(context);
    }
}
