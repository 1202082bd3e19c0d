using System.Text;

namespace Tidings.Client.Tests.Decoding;

public sealed class LimitTests
{
    private static readonly EventStreamOptions Limits = new() { MaxLineBytes = 32, MaxEventBytes = 40, MaxIdBytes = 16 };

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void A_line_at_the_limit_is_read_and_one_byte_more_is_refused(int readBytes)
    {
        string value = new('x', 32 - "data:".Length);
        Assert.Equal([value], Feed($"data:{value}\n\n", readBytes));
        AssertRefused(EventStreamLimit.Line, 32, $"data:{value}x\n\n", readBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void An_event_at_the_limit_is_read_and_one_byte_more_is_refused(int readBytes)
    {
        string twenty = new('x', 20);
        string nineteen = new('x', 19);
        Assert.Equal([$"{twenty}\n{nineteen}"], Feed($"data:{twenty}\ndata:{nineteen}\n\n", readBytes));
        AssertRefused(EventStreamLimit.Event, 40, $"data:{twenty}\ndata:{twenty}\n\n", readBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void An_id_at_the_limit_is_read_and_one_byte_more_is_refused(int readBytes)
    {
        string id = new('x', 16);
        Assert.Equal(["a"], Feed($"id:{id}\ndata:a\n\n", readBytes));
        AssertRefused(EventStreamLimit.Id, 16, $"id:{id}x\ndata:a\n\n", readBytes);
    }

    [Fact]
    public void A_line_that_never_ends_is_refused_before_its_end() => AssertRefused(EventStreamLimit.Line, 32, new string('x', 100), 10);

    [Fact]
    public void Empty_data_lines_count_too() =>
        AssertRefused(EventStreamLimit.Event, 40, string.Concat(Enumerable.Repeat("data\n", 50)), 1000);

    [Fact]
    public void Events_before_the_one_that_is_too_long_are_handed_out()
    {
        var decoder = new EventStreamDecoder(Limits);
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes("id:1\ndata:a\n\nid:2\n" + new string('x', 100));
        Assert.True(decoder.TryRead(ref rest, out _));
        try
        {
            decoder.TryRead(ref rest, out _);
            Assert.Fail("The line is longer than the limit.");
        }
        catch (EventStreamLimitException)
        {
            Assert.Equal("1", Encoding.UTF8.GetString(decoder.LastEventId));
        }
    }

    [Fact]
    public void A_stream_beyond_a_limit_stays_refused()
    {
        var decoder = new EventStreamDecoder(Limits);
        Assert.Throws<EventStreamLimitException>(() => DecoderTests.Read(decoder, new string('x', 100)));
        Assert.Throws<EventStreamLimitException>(() => DecoderTests.Read(decoder, "\n\ndata:a\n\n"));
    }

    [Fact]
    public void The_message_names_the_limit_and_the_setting()
    {
        EventStreamLimitException e = Assert.Throws<EventStreamLimitException>(() => Feed(new string('x', 100), 10));
        Assert.Equal("The event stream holds a line of more than 32 bytes. Raise EventStreamOptions.MaxLineBytes if that is expected.", e.Message);
    }

    [Fact]
    public void The_defaults_are_one_and_four_mebibytes_and_four_kibibytes()
    {
        var options = new EventStreamOptions();
        Assert.Equal((1 << 20, 4 << 20, 4 << 10), (options.MaxLineBytes, options.MaxEventBytes, options.MaxIdBytes));
    }

    [Theory]
    [InlineData(15)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void A_limit_out_of_range_is_refused(int value)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new EventStreamOptions { MaxLineBytes = value });
        Assert.Throws<ArgumentOutOfRangeException>(() => new EventStreamOptions { MaxEventBytes = value });
        Assert.Throws<ArgumentOutOfRangeException>(() => new EventStreamOptions { MaxIdBytes = value });
    }

    [Fact]
    public void An_endless_event_costs_no_more_memory_than_its_limit()
    {
        var decoder = new EventStreamDecoder();
        byte[] line = Encoding.UTF8.GetBytes("data: " + new string('x', 16000) + "\n");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<EventStreamLimitException>(() => FeedForever(decoder, line));

        // The buffer doubles on its way, so everything allocated together stays under four times the limit.
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 * 4 * 1024 * 1024);
    }

    private static void FeedForever(EventStreamDecoder decoder, byte[] line)
    {
        while (true)
        {
            ReadOnlySpan<byte> rest = line;
            decoder.TryRead(ref rest, out _);
        }
    }

    private static void AssertRefused(EventStreamLimit limit, int maxBytes, string stream, int readBytes)
    {
        EventStreamLimitException e = Assert.Throws<EventStreamLimitException>(() => Feed(stream, readBytes));
        Assert.Equal((limit, maxBytes), (e.Limit, e.MaxBytes));
    }

    private static List<string> Feed(string stream, int readBytes)
    {
        var decoder = new EventStreamDecoder(Limits);
        return [.. stream.Chunk(readBytes).SelectMany(piece => DecoderTests.Read(decoder, new string(piece)))];
    }
}
