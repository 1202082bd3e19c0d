using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// Reads a publish as JSON, which is ours beside the form of the protocol: one object is one event, an array is a batch. The members are the form's fields, with
/// <c>idempotency_key</c> beside them. A member that is not known is refused: a misspelt <c>private</c> would publish what was meant for few to everybody.
/// </summary>
internal static class JsonReader
{
    public const string MediaType = "application/json";
    public const string IdempotencyKeyMember = "idempotency_key";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>Reads the body. Either every event is whole or the problem says what is wrong with the first that is not.</summary>
    public static async Task<(List<EventDraft> Drafts, bool IsBatch, HubProblem? Problem)> ReadAsync(HttpRequest request, TidingsOptions options)
    {
        var drafts = new List<EventDraft>();
        (JsonDocument? document, HubProblem? problem) = await ParseAsync(request, options);
        using (document)
        {
            if (document is null)
            {
                return (drafts, IsBatch: false, problem);
            }

            JsonElement root = document.RootElement;
            bool isBatch = root.ValueKind == JsonValueKind.Array;
            problem = isBatch ? ReadBatch(root, drafts, request, options) : ReadEvent(root, drafts, request, options);
            return (drafts, isBatch, problem);
        }
    }

    /// <summary>How a problem names a member of one event of a batch, or the event itself.</summary>
    public static string FieldOf(int index, string? member) => string.Create(CultureInfo.InvariantCulture, $"[{index}]{(member is null ? "" : $".{member}")}");

    private static async Task<(JsonDocument? Document, HubProblem? Problem)> ParseAsync(HttpRequest request, TidingsOptions options)
    {
        (byte[]? bytes, HubProblem? problem) = await RequestBody.ReadAsync(request, options);
        if (bytes is null)
        {
            return (null, problem);
        }

        try
        {
            return (JsonDocument.Parse(bytes, Strict), null);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return (null, new HubProblem(StatusCodes.Status400BadRequest, Field: null, "The body is not valid JSON, or an object in it names a member twice."));
        }
    }

    private static HubProblem? ReadBatch(JsonElement batch, List<EventDraft> drafts, HttpRequest request, TidingsOptions options)
    {
        int count = batch.GetArrayLength();
        if (count == 0 || count > options.MaxBatchEvents)
        {
            string detail = $"A batch has 1 to {options.MaxBatchEvents} events.";
            return count == 0 ? new HubProblem(StatusCodes.Status400BadRequest, Field: null, detail) : HubProblem.TooLarge(field: null, detail);
        }

        foreach (JsonElement element in batch.EnumerateArray())
        {
            if (ReadEvent(element, drafts, request, options) is { } problem)
            {
                return problem with { Field = FieldOf(drafts.Count - 1, problem.Field) };
            }
        }

        return null;
    }

    private static HubProblem? ReadEvent(JsonElement element, List<EventDraft> drafts, HttpRequest request, TidingsOptions options)
    {
        var draft = new EventDraft(options, request);
        drafts.Add(draft);
        if (element.ValueKind != JsonValueKind.Object)
        {
            return new HubProblem(StatusCodes.Status400BadRequest, Field: null, "An event is an object with at least a topic; a batch is an array of such objects.");
        }

        foreach (JsonProperty member in element.EnumerateObject())
        {
            try
            {
                if (Read(member, draft, options) is { } problem)
                {
                    return problem;
                }
            }
            catch (InvalidOperationException)
            {
                return new HubProblem(StatusCodes.Status400BadRequest, Field: null, "A text holds half a surrogate pair or bytes that are not UTF-8.");
            }
        }

        return draft.Complaint();
    }

    private static HubProblem? Read(JsonProperty member, EventDraft draft, TidingsOptions options) => member.Name switch
    {
        "topic" => ReadTopics(member.Value, draft),
        "data" => ReadData(member.Value, draft, options),
        "private" => member.Value.ValueKind switch
        {
            JsonValueKind.True => draft.SetPrivate(),
            JsonValueKind.False => null,
            _ => HubProblem.BadField("private", "Private is true or false."),
        },
        "retry" => member.Value.ValueKind == JsonValueKind.Number ? draft.SetRetry(member.Value.GetRawText()) : draft.SetRetry(""),
        "id" or "type" or IdempotencyKeyMember when member.Value.ValueKind == JsonValueKind.Null => null,
        "id" or "type" or IdempotencyKeyMember when member.Value.ValueKind != JsonValueKind.String => HubProblem.BadField(member.Name, "The value is a text."),
        "id" => draft.SetId(member.Value.GetString()!), // a text, as the two below
        "type" => draft.SetType(member.Value.GetString()!),
        IdempotencyKeyMember => SetIdempotencyKey(draft, member.Value.GetString()!),
        _ => new HubProblem(
            StatusCodes.Status400BadRequest, Field: null, "An event has the members topic, data, private, id, type, retry and idempotency_key, and no others."),
    };

    private static HubProblem? ReadTopics(JsonElement value, EventDraft draft)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return draft.AddTopic(value.GetString()!); // a text
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement topic in value.EnumerateArray())
            {
                HubProblem? problem = topic.ValueKind == JsonValueKind.String ? draft.AddTopic(topic.GetString()!) : NoTopic(); // a text
                if (problem is not null)
                {
                    return problem;
                }
            }

            return null;
        }

        return NoTopic();

        static HubProblem NoTopic() => HubProblem.BadField("topic", "A topic is a text; several are an array of texts, the canonical one first.");
    }

    // Text is sent as it is; whatever else there is, as the JSON that it was.
    private static HubProblem? ReadData(JsonElement value, EventDraft draft, TidingsOptions options)
    {
        string data = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return Encoding.UTF8.GetByteCount(data) > options.MaxFieldBytes ? HubProblem.FieldTooLarge("data", options) : draft.SetData(data);
    }

    private static HubProblem? SetIdempotencyKey(EventDraft draft, string key)
    {
        draft.IdempotencyKey = key;
        return null;
    }
}
