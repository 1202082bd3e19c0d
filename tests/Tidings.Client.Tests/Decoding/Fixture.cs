using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Client.Tests.Decoding;

/// <summary>A stream of tests/fixtures and what must come out of it; see the README there.</summary>
internal sealed record Fixture(byte[] Stream, Decoded Expected)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "fixtures");

    public static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Folder, "*.sse").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal);

    public static Fixture Load(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, name + ".json")));
        JsonElement root = json.RootElement;
        DecodedEvent[] events =
        [
            .. root.GetProperty("events").EnumerateArray().Select(e => new DecodedEvent(
                e.GetProperty("type").GetString()!, e.GetProperty("data").GetString()!, e.GetProperty("lastEventId").GetString()!)),
        ];
        JsonElement retry = root.GetProperty("retry");
        var expected = new Decoded(
            events,
            root.GetProperty("lastEventId").GetString()!,
            retry.ValueKind == JsonValueKind.Null ? null : retry.GetInt64(),
            root.GetProperty("comments").GetInt64());
        return new Fixture(File.ReadAllBytes(Path.Combine(Folder, name + ".sse")), expected);
    }
}
