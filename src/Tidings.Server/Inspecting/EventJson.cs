using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tidings.Server;

/// <summary>A stored event as one JSON object on one line, and back. The names are public: files and scripts depend on them.</summary>
internal static class EventJson
{
    // For a file or a program, never a page: no need to escape more than JSON asks for, so that people can read it too.
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions ReaderOptions = new() { AllowDuplicateProperties = false };

    /// <summary>Writes the event without a line end; without an id if <paramref name="id"/> is null.</summary>
    public static string Write(StoredEvent stored, SseId? id)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteNumber("sequence", stored.Sequence);
            json.WriteString("publishedAt", stored.PublishedAt.UtcDateTime);
            json.WriteStartArray("topics");
            foreach (Topic topic in stored.Topics)
            {
                json.WriteStringValue(topic.Value);
            }

            json.WriteEndArray();
            json.WriteBoolean("private", stored.IsPrivate);
            if (stored.Content.Type is { } type)
            {
                json.WriteString("type", type.Value);
            }

            if (id is { } known)
            {
                json.WriteString("id", known.Value);
            }

            if (stored.Content.Retry is { } retry)
            {
                json.WriteNumber("retry", (long)retry.TotalMilliseconds);
            }

            json.WriteString("data", stored.Content.Data);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(line.WrittenSpan);
    }

    /// <summary>Reads what <see cref="Write"/> has written, or somebody by hand; an event without a time was published <paramref name="now"/>.</summary>
    /// <exception cref="FormatException">It is no such event; the message is a sentence that says why.</exception>
    public static StoredEvent Read(string line, DateTimeOffset now)
    {
        using JsonDocument document = Parse(line);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("It is not a JSON object.");
        }

        (Topic[]? topics, DateTimeOffset publishedAt, bool isPrivate) = (null, now, false);
        (string? data, bool hasData, string? type, string? id, TimeSpan? retry) = (null, false, null, null, null);
        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            JsonElement value = member.Value;
            switch (member.Name)
            {
                case "sequence":
                    ReadNumber(member, long.MaxValue);
                    break;
                case "publishedAt":
                    publishedAt = ReadTime(value);
                    break;
                case "topics":
                    topics = ReadTopics(value);
                    break;
                case "private":
                    isPrivate = value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw new FormatException("\"private\" must be true or false.");
                    break;
                case "type":
                    type = ReadText(member.Name, value);
                    break;
                case "id":
                    id = ReadText(member.Name, value);
                    break;
                case "retry":
                    retry = TimeSpan.FromMilliseconds(ReadNumber(member, int.MaxValue));
                    break;
                case "data":
                    data = value.ValueKind == JsonValueKind.Null ? null : ReadText(member.Name, value);
                    hasData = true;
                    break;
                default:
                    throw new FormatException($"\"{member.Name}\" means nothing here: an event has sequence, publishedAt, topics, private, type, id, retry and data.");
            }
        }

        if (topics is null || !hasData)
        {
            throw new FormatException($"\"{(topics is null ? "topics" : "data")}\" is missing.");
        }

        var stored = new StoredEvent(Sequence: 0, publishedAt, isPrivate, topics, new ServerEvent(data, type, id) { Retry = retry });
        return SqliteLogImporter.Complaint(stored) is { } complaint ? throw new FormatException(complaint) : stored;
    }

    private static JsonDocument Parse(string line)
    {
        try
        {
            return JsonDocument.Parse(line, ReaderOptions);
        }
        catch (JsonException broken)
        {
            throw new FormatException($"It is not JSON: {broken.Message.Split(" LineNumber:")[0]}", broken);
        }
    }

    private static string ReadText(string name, JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String
                ? value.GetString()! // a string is not null
                : throw new FormatException($"\"{name}\" must be a text.");
        }
        catch (InvalidOperationException half)
        {
            throw new FormatException($"\"{name}\" holds half a surrogate pair, which is no character.", half);
        }
    }

    private static long ReadNumber(JsonProperty member, long maximum) =>
        member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt64(out long number) && number >= 0 && number <= maximum
            ? number
            : throw new FormatException($"\"{member.Name}\" must be a whole number from 0 to {maximum}.");

    // Ending in Z or an offset: a time without one would mean something else on another machine.
    private static DateTimeOffset ReadTime(JsonElement value) =>
        ReadText("publishedAt", value) is { } text && text.IndexOf('T', StringComparison.Ordinal) is > 0 and var clock
        && (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > clock)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset time)
            ? time.ToUniversalTime()
            : throw new FormatException("\"publishedAt\" must be a time such as 2026-01-31T12:00:00Z.");

    private static Topic[] ReadTopics(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
        {
            throw new FormatException("\"topics\" must be an array with at least one topic.");
        }

        var topics = new Topic[value.GetArrayLength()];
        for (int i = 0; i < topics.Length; i++)
        {
            topics[i] = Topic.Of(ReadText("topics", value[i]));
        }

        return topics;
    }
}
