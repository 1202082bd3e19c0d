using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>
/// News from an editor's page, or from anything that can publish at the hub. They are kept in the log alone: a page that opens asks for all that it has.
/// The event's type is the category.
/// </summary>
internal static class News
{
    private const string Topic = "news";
    private static readonly string[] Categories = ["harbour", "weather", "sport"];

    /// <summary>The log keeps the newest hundred.</summary>
    public static TopicRetention Retention { get; } = new() { Matcher = Topic, MaxEvents = 100 };

    public static void MapNews(this WebApplication app)
    {
        app.MapTidings();
        app.MapEventStream("/news/events", () => Tidings.Topic.Of(Topic));
        app.MapPost("/news/items", PublishAsync).WithMetadata(Input.SmallBody);
        app.CountOnIndex("news", "items", Tidings.Topic.Of(Topic));
    }

    private static async Task<IResult> PublishAsync(Item item, Broker broker, TimeProvider time)
    {
        if (!Input.TryRead(item.Title, "The title", longest: 100, out string title, out IResult? problem)
            || !Input.TryRead(item.Text, "The text", longest: 1000, out string text, out problem, shortest: 0))
        {
            return problem;
        }

        if (item.Category is not null && !Categories.Contains(item.Category, StringComparer.Ordinal))
        {
            return Input.Problem($"The category is one of {string.Join(", ", Categories)}, or none.");
        }

        string json = JsonSerializer.Serialize(new { title, text, at = time.GetUtcNow() }, JsonSerializerOptions.Web);
        SseId id = await broker.PublishAsync(Topic, new ServerEvent(json, item.Category));
        return TypedResults.Ok(new { id = id.Value });
    }

    /// <param name="Title">What has happened.</param>
    /// <param name="Text">More about it; may be empty.</param>
    /// <param name="Category">One of the categories; null for none.</param>
    private sealed record Item(string? Title, string? Text, string? Category);
}
