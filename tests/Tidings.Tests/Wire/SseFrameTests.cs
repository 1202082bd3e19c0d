using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tidings.Testing;

namespace Tidings.Tests.Wire;

public sealed class SseFrameTests
{
    [Fact]
    public void Fields_stand_in_the_order_event_retry_data_id_and_a_blank_line_ends_them()
    {
        var full = new ServerEvent("a\nb", "price", "7") { Retry = TimeSpan.FromSeconds(5) };

        Assert.Equal("event: price\nretry: 5000\ndata: a\ndata: b\nid: 7\n\n", Text(SseFrame.Encode(full)));
    }

    [Theory]
    [InlineData("", "data: \n\n")]
    [InlineData("a\rb", "data: a\ndata: b\n\n")]
    [InlineData("a\r\nb", "data: a\ndata: b\n\n")]
    [InlineData("a\n\rb", "data: a\ndata: \ndata: b\n\n")]
    [InlineData("\r\n", "data: \ndata: \n\n")]
    [InlineData(" a: b", "data:  a: b\n\n")]
    [InlineData("x\nid: 1\revent: forged", "data: x\ndata: id: 1\ndata: event: forged\n\n")]
    [InlineData("a\u2028b\u0085c", "data: a\u2028b\u0085c\n\n")]
    public void Every_line_of_the_data_has_a_data_field_of_its_own(string data, string frame)
    {
        Assert.Equal(frame, Text(SseFrame.Encode(new ServerEvent(data))));
    }

    [Fact]
    public void Without_data_there_is_no_data_line()
    {
        Assert.Equal("id: 7\n\n", Text(SseFrame.Encode(new ServerEvent(data: null, id: "7"))));
    }

    [Fact]
    public void A_reconnection_time_alone_and_a_heartbeat_have_no_blank_line()
    {
        Assert.Equal("retry: 1500\n", Text(SseFrame.Retry(TimeSpan.FromMilliseconds(1500.9))));
        Assert.Equal(":\n", Text(SseFrame.Heartbeat));
    }

    [Fact]
    public void No_line_of_a_comment_can_become_a_field()
    {
        Assert.Equal(": \n: data: x\n: \n: y\n", Text(SseFrame.Comment("\r\ndata: x\r\ry")));
    }

    [Fact]
    public void Data_with_half_a_surrogate_pair_is_refused_rather_than_altered()
    {
        Assert.Throws<ArgumentException>(() => SseFrame.Encode(new ServerEvent("a\uD800b")));
    }

    [Fact]
    public void What_was_encoded_is_decoded_with_line_ends_normalised()
    {
        Gen<string> text = ArbMap.Default.ArbFor<string?>().Generator
            .Select(value => (value ?? "").Replace("\0", "\r", StringComparison.Ordinal))
            .Select(value => new string([.. value.Select((character, i) => (character, i) switch
            {
                (char c, int n) when n % 5 == 4 => "\r\n :"[c % 4],
                (char c, _) => c,
            })]));
        Gen<(string Data, string Type, string Id)> events =
            from data in text.Where(IsWellFormed)
            from type in text
            from id in text
            select (data, type, id);

        Prop.ForAll(events.ToArbitrary(), value =>
        {
            bool hasType = EventType.TryParse(value.Type, out EventType type);
            bool hasId = SseId.TryParse(value.Id, out SseId id);
            var original = new ServerEvent(value.Data) { Type = hasType ? new EventType?(type) : null, Id = hasId ? new SseId?(id) : null };

            DecodedEvent decoded = Assert.Single(FrameDecoder.Decode(SseFrame.Encode(original).Span));

            Assert.Equal(value.Data.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n'), decoded.Data);
            Assert.Equal(hasType ? value.Type : "message", decoded.Type);
            Assert.Equal(hasId ? value.Id : "", decoded.LastEventId);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Any_character_of_unicode_survives_in_the_data()
    {
        for (int code = 0; code <= 0x10FFFF; code++)
        {
            if (!Rune.IsValid(code) || code is '\r' or '\n')
            {
                continue;
            }

            string data = $"<{new Rune(code)}>";
            if (Assert.Single(FrameDecoder.Decode(SseFrame.Encode(new ServerEvent(data)).Span)).Data != data)
            {
                Assert.Fail($"U+{code:X4} was altered.");
            }
        }
    }

    private static bool IsWellFormed(string text) =>
        System.Text.Unicode.Utf8.FromUtf16(text, new byte[text.Length * 3], out _, out _, replaceInvalidSequences: false) == System.Buffers.OperationStatus.Done;

    private static string Text(ReadOnlyMemory<byte> frame) => Encoding.UTF8.GetString(frame.Span);
}
