using System.Text.Json;
using System.Text.Unicode;

namespace Tidings;

/// <summary>JSON that can be read in one way only: UTF-8, no name twice, no comments, no text that is half a character.</summary>
internal static class StrictJson
{
    private const int MaxDepth = 32;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    /// <summary>Reads an object; anything else, and anything that two readers could read differently, is refused.</summary>
    public static bool TryParseObject(ReadOnlyMemory<byte> utf8, out JsonElement root) => TryParse(utf8, out root) && root.ValueKind == JsonValueKind.Object;

    /// <summary>Reads any value, as strictly.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, out JsonElement root)
    {
        root = default;
        if (!Utf8.IsValid(utf8.Span))
        {
            return false;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, Options);
            CheckTexts(document.RootElement);
            root = document.RootElement.Clone();
            return true;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair, which the framework notices only when the text is asked for.
            return false;
        }
    }

    private static void CheckTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    CheckTexts(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    _ = property.Name;
                    CheckTexts(property.Value);
                }

                break;
            default:
                break;
        }
    }
}
