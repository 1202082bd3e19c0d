using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>How a publish is answered: as the protocol says, or in JSON if it came in JSON.</summary>
internal sealed class PublishAnswer
{
    private readonly Func<HttpContext, PublishOutcome[], Task> _writeIds;

    private PublishAnswer(Func<HttpContext, PublishOutcome[], Task> writeIds) => _writeIds = writeIds;

    /// <summary>The id as text.</summary>
    public static PublishAnswer Text { get; } = new(static (context, outcomes) =>
    {
        string id = outcomes[0].Id.GetValueOrDefault().Value;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(id); // without it the answer would be two packets
        return context.Response.WriteAsync(id, context.RequestAborted);
    });

    /// <summary><c>{"id":"…"}</c></summary>
    public static PublishAnswer JsonObject { get; } = new(static (context, outcomes) => WriteJsonAsync(context, json => WriteOutcome(json, outcomes[0])));

    /// <summary><c>[{"id":"…"},…]</c>, in the order of the events.</summary>
    public static PublishAnswer JsonArray { get; } = new(static (context, outcomes) => WriteJsonAsync(context, json => WriteOutcomes(json, outcomes)));

    public Task WriteAsync(HttpContext context, PublishOutcome[] outcomes)
    {
        context.Response.Headers.CacheControl = "no-store";
        foreach (PublishOutcome outcome in outcomes)
        {
            if (outcome.Failure is { } failure)
            {
                return RefuseAsync(context, outcomes, failure);
            }
        }

        return _writeIds(context, outcomes);
    }

    // The first failure decides; in a batch the publisher is told which events are stored all the same.
    private static Task RefuseAsync(HttpContext context, PublishOutcome[] outcomes, PublishFailure failure)
    {
        (int status, int retryAfterSeconds, string detail) = PublishOutcome.Explain(failure);
        if (retryAfterSeconds > 0)
        {
            context.Response.Headers.RetryAfter = retryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        var extensions = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (failure == PublishFailure.KeyReused)
        {
            extensions["field"] = "Idempotency-Key";
        }

        if (outcomes.Length > 1)
        {
            extensions["events"] = ToElement(outcomes);
        }

        return TypedResults.Problem(detail, statusCode: status, extensions: extensions).ExecuteAsync(context);
    }

    private static JsonElement ToElement(PublishOutcome[] outcomes)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            WriteOutcomes(json, outcomes);
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static Task WriteJsonAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = JsonReader.MediaType;
        using (var json = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            write(json);
        }

        return context.Response.CompleteAsync();
    }

    private static void WriteOutcomes(Utf8JsonWriter json, PublishOutcome[] outcomes)
    {
        json.WriteStartArray();
        foreach (PublishOutcome outcome in outcomes)
        {
            WriteOutcome(json, outcome);
        }

        json.WriteEndArray();
    }

    private static void WriteOutcome(Utf8JsonWriter json, PublishOutcome outcome)
    {
        json.WriteStartObject();
        if (outcome.Id is { } id)
        {
            json.WriteString("id", id.Value);
        }
        else
        {
            json.WriteString("failure", JsonNamingPolicy.KebabCaseLower.ConvertName(outcome.Failure.ToString()!)); // one of the two is set
        }

        json.WriteEndObject();
    }
}
