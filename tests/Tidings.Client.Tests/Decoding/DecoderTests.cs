using System.Text;
using Tidings.Testing;

namespace Tidings.Client.Tests.Decoding;

public sealed class DecoderTests
{
    [Theory]
    [InlineData("data: a\r\r")]
    [InlineData("data: a\n\r")]
    [InlineData("data: a\r\n\r")]
    [InlineData("data: a\n\n")]
    public void An_event_is_handed_out_with_the_last_byte_of_its_blank_line(string stream)
    {
        var decoder = new EventStreamDecoder();
        byte[] bytes = Encoding.UTF8.GetBytes(stream);
        ReadOnlySpan<byte> allButLast = bytes.AsSpan(..^1);
        ReadOnlySpan<byte> last = bytes.AsSpan(^1..);

        Assert.False(decoder.TryRead(ref allButLast, out _));
        Assert.True(decoder.TryRead(ref last, out Utf8Event e));
        Assert.Equal("a", Encoding.UTF8.GetString(e.Data));
    }

    [Fact]
    public void A_line_feed_in_the_next_read_belongs_to_the_carriage_return_before_it()
    {
        var decoder = new EventStreamDecoder();
        Assert.Equal(["a"], Read(decoder, "data: a\r\r"));
        Assert.Equal([], Read(decoder, "\n"));
        Assert.Equal(["b"], Read(decoder, "data: b\n\n"));
    }

    [Fact]
    public void A_resumed_stream_begins_with_the_last_event_id_of_the_one_before()
    {
        var decoder = new EventStreamDecoder(lastEventId: "7"u8);
        ReadOnlySpan<byte> bytes = "data: a\n\n"u8;
        Assert.True(decoder.TryRead(ref bytes, out Utf8Event e));
        Assert.Equal("7", Encoding.UTF8.GetString(e.LastEventId));
    }

    [Fact]
    public void The_data_of_an_event_that_arrives_whole_is_not_copied()
    {
        var decoder = new EventStreamDecoder();
        byte[] bytes = "data: ab\n\ndata: cd\nid: 1\n\n"u8.ToArray();
        ReadOnlySpan<byte> rest = bytes;
        while (decoder.TryRead(ref rest, out Utf8Event e))
        {
            Assert.True(e.Data.Overlaps(bytes));
        }
    }

    [Fact]
    public void Reading_without_strings_allocates_nothing()
    {
        var decoder = new EventStreamDecoder();
        byte[] bytes = "event: t\nid: 1\ndata: ab\n\nevent: u\nid: 22\ndata: c\ndata: d\n\n"u8.ToArray();
        CountEvents(decoder, bytes); // The buffers of type and id are made once.
        CountEvents(decoder, bytes);
        int events = 0;
        Assert.Equal(0, MemoryUse.AllocatedBytes(() => events = CountEvents(decoder, bytes)));
        Assert.Equal(2, events);
    }

    [Fact]
    public async Task Strings_of_types_and_ids_that_repeat_are_made_once()
    {
        byte[] bytes = "event: t\nid: 1\ndata: a\n\nevent: u\nid: 1\ndata: b\n\nevent: t\ndata: c\n\n"u8.ToArray();
        var events = new List<ServerSentEvent>();
        await foreach (ServerSentEvent e in EventStreamReader.ReadAllAsync(new MemoryStream(bytes)))
        {
            events.Add(e);
        }

        Assert.Same(events[0].Type, events[2].Type);
        Assert.Same(events[0].LastEventId, events[1].LastEventId);
        Assert.Same(events[0].LastEventId, events[2].LastEventId);
    }

    [Fact]
    public async Task More_types_than_are_remembered_are_still_told_apart()
    {
        string stream = string.Concat(Enumerable.Range(0, 50).Select(i => $"event: t{i % 20}\ndata: {i % 20}\n\n"));
        await foreach (ServerSentEvent e in EventStreamReader.ReadAllAsync(new MemoryStream(Encoding.UTF8.GetBytes(stream))))
        {
            Assert.Equal("t" + e.Data, e.Type);
        }
    }

    [Fact]
    public void Comments_are_handed_out_in_their_place_when_asked_for()
    {
        var decoder = new EventStreamDecoder(new EventStreamOptions { ReportComments = true });
        Assert.Equal(["#x", "#", "# y", "a\nb"], Read(decoder, ":x\ndata: a\n:\ndata: b\n: y\n\n"));
    }

    [Fact]
    public void The_default_event_is_a_message_without_data()
    {
        ServerSentEvent e = default;
        Assert.Equal(("message", "", "", ""), (e.Type, e.Data, e.LastEventId, e.Origin));
    }

    internal static List<string> Read(EventStreamDecoder decoder, string text)
    {
        var found = new List<string>();
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
        while (decoder.TryRead(ref rest, out Utf8Event e))
        {
            found.Add((e.IsComment ? "#" : "") + Encoding.UTF8.GetString(e.Data));
        }

        return found;
    }

    private static int CountEvents(EventStreamDecoder decoder, byte[] bytes)
    {
        int events = 0;
        ReadOnlySpan<byte> rest = bytes;
        while (decoder.TryRead(ref rest, out _))
        {
            events++;
        }

        return events;
    }
}
