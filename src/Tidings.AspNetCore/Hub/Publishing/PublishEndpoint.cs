using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>Publishing at the hub: the Mercure protocol, section "Publication". 200 with the event's id as text means that the event is stored.</summary>
internal sealed class PublishEndpoint(HubAccess access, Broker broker, IOptions<TidingsOptions> settings)
{
    private const string IdempotencyKeyHeader = "Idempotency-Key";

    public async Task HandleAsync(HttpContext context)
    {
        TidingsOptions options = settings.Value;
        if (await access.AuthenticateAsync(context) is not { } grants || !await access.MayPublishAsync(context, grants))
        {
            return;
        }

        (List<EventDraft> drafts, PublishAnswer answer, HubProblem? problem) = await ReadAsync(context, options);
        List<IdempotencyKey?> keys = [];
        problem ??= ReadIdempotencyKeys(context.Request, grants, drafts, answer, keys);
        if (problem is not null)
        {
            await problem.WriteAsync(context);
            return;
        }

        if (!await access.MayPublishAsync(context, grants, drafts))
        {
            return;
        }

        await answer.WriteAsync(context, await PublishAsync(drafts, keys, options));
    }

    private static async Task<(List<EventDraft> Drafts, PublishAnswer Answer, HubProblem? Problem)> ReadAsync(HttpContext context, TidingsOptions options)
    {
        HttpRequest request = context.Request;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            || (type.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            return ([], PublishAnswer.Text, OtherType());
        }

        if (RequestBody.Open(request, options) is { } refused)
        {
            return ([], PublishAnswer.Text, refused);
        }

        try
        {
            return await ReadAsync(request, type, options);
        }
        catch (Exception failure) when (RequestBody.IsBroken(failure))
        {
            return ([], PublishAnswer.Text, RequestBody.Broken(request, failure));
        }
    }

    private static async Task<(List<EventDraft> Drafts, PublishAnswer Answer, HubProblem? Problem)> ReadAsync(
        HttpRequest request, MediaTypeHeaderValue type, TidingsOptions options)
    {
        if (type.MediaType.Equals(FormReader.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            (EventDraft draft, HubProblem? problem) = await FormReader.ReadAsync(request, options);
            return ([draft], PublishAnswer.Text, problem);
        }

        if (type.MediaType.Equals(JsonReader.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            (List<EventDraft> drafts, bool isBatch, HubProblem? problem) = await JsonReader.ReadAsync(request, options);
            return (drafts, isBatch ? PublishAnswer.JsonArray : PublishAnswer.JsonObject, problem);
        }

        return ([], PublishAnswer.Text, OtherType());
    }

    private static HubProblem OtherType() => new(
        StatusCodes.Status415UnsupportedMediaType, HeaderNames.ContentType, $"A publish is sent as {FormReader.MediaType} or {JsonReader.MediaType}, in UTF-8.");

    // The header of draft-ietf-httpapi-idempotency-key-header: a quoted string there, a bare one with most of those who used it before.
    private static HubProblem? ReadIdempotencyKeys(
        HttpRequest request, HubGrants grants, List<EventDraft> drafts, PublishAnswer answer, List<IdempotencyKey?> keys)
    {
        StringValues values = request.Headers[IdempotencyKeyHeader];
        if (values.Count > 0)
        {
            if (answer == PublishAnswer.JsonArray || drafts[0].IdempotencyKey is not null)
            {
                return HubProblem.BadField(IdempotencyKeyHeader, "The events carry idempotency keys of their own: idempotency_key in each of them, or the header for a single one.");
            }

            // Several headers are one list, joined by commas wherever they passed through (RFC 9110, 5.3).
            string text = values.ToString().Trim();
            bool isQuoted = text.Length >= 2 && text[0] == '"' && text[^1] == '"';
            text = isQuoted ? text[1..^1] : text;
            if (text.Contains(isQuoted ? '"' : ',', StringComparison.Ordinal))
            {
                return HubProblem.BadField(IdempotencyKeyHeader, "An event can have one idempotency key.");
            }

            drafts[0].IdempotencyKey = text;
        }

        for (int i = 0; i < drafts.Count; i++)
        {
            IdempotencyKey key = default;
            if (drafts[i].IdempotencyKey is { } text && !IdempotencyKey.TryParse(text, grants.Subject, out key, out string? complaint))
            {
                string field = values.Count > 0 ? IdempotencyKeyHeader
                    : answer == PublishAnswer.JsonArray ? JsonReader.FieldOf(i, JsonReader.IdempotencyKeyMember)
                    : JsonReader.IdempotencyKeyMember;
                return HubProblem.BadField(field, complaint);
            }

            keys.Add(drafts[i].IdempotencyKey is null ? null : key);
        }

        return null;
    }

    /// <summary>Stores the events in the order in which they were sent, together as far as the log's batches go, and waits for all of them; then, a while, for their streams.</summary>
    private async Task<PublishOutcome[]> PublishAsync(List<EventDraft> drafts, List<IdempotencyKey?> keys, TidingsOptions options)
    {
        var publishes = new Task<SseId>[drafts.Count];
        for (int i = 0; i < publishes.Length; i++)
        {
            // Whether its client is still there or not: an event that was handed in is stored, and a wait that can be called off costs more than the one in vain.
            publishes[i] = broker.PublishAsync(drafts[i].Topics, drafts[i].Event, drafts[i].Audience, keys[i], options.PublishTimeout, CancellationToken.None);
        }

        var outcomes = new PublishOutcome[publishes.Length];
        for (int i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = await PublishOutcome.OfAsync(publishes[i]);
        }

        if (options.PublishWaitsForStreams is { } atMost && atMost > TimeSpan.Zero)
        {
            await broker.WaitForSubscribersAsync(atMost);
        }

        return outcomes;
    }
}
