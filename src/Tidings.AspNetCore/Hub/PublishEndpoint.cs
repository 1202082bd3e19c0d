using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>Publishing at the hub: the Mercure protocol, section "Publication". 200 with the event's id as text means that the event is stored.</summary>
internal static class PublishEndpoint
{
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

        Broker broker = context.RequestServices.GetRequiredService<Broker>();
        try
        {
            SseId id = await broker.PublishAsync(form.Topics, form.Event, form.Audience, context.RequestAborted);
            context.Response.ContentType = "text/plain; charset=utf-8";
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsync(id.Value, context.RequestAborted);
        }
        catch (PublishException refused)
        {
            await RefuseAsync(context, refused.Failure);
        }
    }

    private static HubProblem? CheckContentType(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
        && type.MediaType.Equals(FormType, StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            ? null
            : new HubProblem(StatusCodes.Status415UnsupportedMediaType, HeaderNames.ContentType, $"A publish is sent as {FormType} in UTF-8.");

    private static Task RefuseAsync(HttpContext context, PublishFailure failure)
    {
        (int retryAfterSeconds, string detail) = failure switch
        {
            PublishFailure.Busy => (1, "The event was not stored: too many publishes are waiting. Try again in a moment."),
            PublishFailure.Draining => (5, "The event was not stored: the hub is stopping. Try again when it is back."),
            PublishFailure.OutcomeUnknown => (1, "The log failed while the event was being stored: it may be stored or not."),
            _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, message: null),
        };
        context.Response.Headers.RetryAfter = retryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        return new HubProblem(StatusCodes.Status503ServiceUnavailable, Field: null, detail).WriteAsync(context);
    }
}
