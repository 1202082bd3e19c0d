using System.Globalization;

namespace Tidings.Tests.Wire;

public sealed class FieldTextTests
{
    public static TheoryData<int> ForbiddenCharacters { get; } =
        [.. Enumerable.Range(0, 0xFFFF).Where(code => char.GetUnicodeCategory((char)code) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate)
            .Where(code => code is < 0xD800 or > 0xDFFF || code is 0xD800 or 0xDFFF)];

    [Theory]
    [MemberData(nameof(ForbiddenCharacters))]
    public void A_control_or_format_character_or_half_a_pair_cannot_be_part_of_a_type_an_id_or_a_topic(int code)
    {
        string text = $"a{(char)code}b";

        Assert.Throws<FormatException>(() => EventType.Of(text));
        Assert.Throws<FormatException>(() => SseId.Of(text));
        Assert.Throws<FormatException>(() => Topic.Of(text));
        Assert.Throws<FormatException>(() => new ServerEvent("x", type: text));
        Assert.Throws<FormatException>(() => new ServerEvent("x", id: text));
        Assert.False(EventType.TryParse(text, out _));
        Assert.False(SseId.TryParse(text, out _));
        Assert.False(Topic.TryParse(text, out _, out _));
    }

    [Fact]
    public void An_empty_text_is_no_type_no_id_and_no_topic()
    {
        Assert.Throws<FormatException>(() => EventType.Of(""));
        Assert.Throws<FormatException>(() => SseId.Of(""));
        Assert.Throws<FormatException>(() => Topic.Of(""));
    }

    [Theory]
    [InlineData("ä", 127, true)]
    [InlineData("ä", 128, false)]
    [InlineData("😀", 63, true)]
    [InlineData("😀", 64, false)]
    public void Length_is_counted_in_bytes_of_utf8(string character, int times, bool fits)
    {
        string text = string.Concat(Enumerable.Repeat(character, times));

        Assert.Equal(fits, EventType.TryParse(text, out _));
        Assert.Equal(fits, SseId.TryParse(text, out _));
    }

    [Fact]
    public void A_topic_may_be_4096_bytes_long()
    {
        Assert.True(Topic.TryParse(new string('t', 4096), out _, out _));
        Assert.False(Topic.TryParse(new string('t', 4097), out _, out string? complaint));
        Assert.Contains("4096", complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_topic_is_no_topic()
    {
        Assert.Throws<FormatException>(() => Topic.Of("*"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue + 1L)]
    public void A_reconnection_time_below_zero_or_without_end_is_refused(long milliseconds)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServerEvent("x") { Retry = TimeSpan.FromMilliseconds(milliseconds) });
    }
}
