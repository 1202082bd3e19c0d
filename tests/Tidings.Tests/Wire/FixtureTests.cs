using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Tests.Wire;

/// <summary>What the encoder writes, read by the streams that the client's decoder is tested with; see tests/fixtures.</summary>
public sealed class FixtureTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "fixtures");

    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(Folder, "*.sse").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)]; // a path has a name

    [Fact]
    public void There_are_fixtures_for_every_rule() => Assert.True(Names.Count >= 70, $"Only {Names.Count} fixtures were found.");

    [Theory, MemberData(nameof(Names))]
    public void The_slow_decoder_agrees_with_the_fixture(string name)
    {
        DecodedStream decoded = FrameDecoder.DecodeStream(File.ReadAllBytes(Path.Combine(Folder, name + ".sse")));

        Assert.Equal(ExpectedOf(name, out long? expectedRetry), decoded.Events);
        Assert.Equal(expectedRetry, decoded.Retry);
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_event_of_the_fixture_is_encoded_so_that_it_comes_back_or_cannot_be_made(string name)
    {
        foreach (DecodedEvent expected in ExpectedOf(name))
        {
            var encodable = new ServerEvent(expected.Data)
            {
                Type = expected.Type == "message" ? null : TypeOrNull(expected.Type),
                Id = expected.LastEventId.Length == 0 ? null : IdOrNull(expected.LastEventId),
            };

            DecodedEvent decoded = Assert.Single(FrameDecoder.Decode(SseFrame.Encode(encodable).Span));

            Assert.Equal(expected with { Type = encodable.Type?.Value ?? "message", LastEventId = encodable.Id?.Value ?? "" }, decoded);
        }
    }

    /// <summary>Encoded one after the other, so that one event's id or type would show if it leaked into the next.</summary>
    [Theory, MemberData(nameof(Names))]
    public void All_events_of_the_fixture_in_one_stream_come_back(string name)
    {
        DecodedEvent[] encodable = [.. ExpectedOf(name).Where(e => EventType.TryParse(e.Type, out _) && SseId.TryParse(e.LastEventId, out _))];

        byte[] stream = [.. encodable.SelectMany(e => SseFrame.Encode(new ServerEvent(e.Data, e.Type, e.LastEventId)).ToArray())];

        Assert.Equal(encodable, FrameDecoder.Decode(stream));
    }

    private static EventType? TypeOrNull(string text)
    {
        if (EventType.TryParse(text, out EventType type))
        {
            return type;
        }

        AssertIsRefusedForAReason(text);
        Assert.Throws<FormatException>(() => EventType.Of(text));
        return null;
    }

    private static SseId? IdOrNull(string text)
    {
        if (SseId.TryParse(text, out SseId id))
        {
            return id;
        }

        AssertIsRefusedForAReason(text);
        Assert.Throws<FormatException>(() => SseId.Of(text));
        return null;
    }

    // What a client may receive and we never send: an encoder that refused more than this would hide behind "refused is no failure".
    private static void AssertIsRefusedForAReason(string text) => Assert.True(
        System.Text.Encoding.UTF8.GetByteCount(text) > 255
        || text.EnumerateRunes().Any(rune => System.Text.Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format),
        $"\"{text}\" is refused although it is short and visible.");

    private static DecodedEvent[] ExpectedOf(string name) => ExpectedOf(name, out _);

    private static DecodedEvent[] ExpectedOf(string name, out long? retry)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, name + ".json")));
        JsonElement time = json.RootElement.GetProperty("retry");
        retry = time.ValueKind == JsonValueKind.Null ? null : time.GetInt64();
        return
        [
            .. json.RootElement.GetProperty("events").EnumerateArray().Select(e => new DecodedEvent(
                e.GetProperty("type").GetString()!, e.GetProperty("data").GetString()!, e.GetProperty("lastEventId").GetString()!)), // see the README of the fixtures
        ];
    }
}
