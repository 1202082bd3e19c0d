using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace Tidings.Tests.Delivery;

public sealed class EventIdCodecTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(16);

    [Fact]
    public void An_id_opens_to_the_place_that_it_was_made_of()
    {
        using var codec = new EventIdCodec(Key);
        Prop.ForAll<uint, ulong, ulong>((epoch, sequence, tag) =>
        {
            var place = new LogPlace(epoch, (long)(sequence >> 8), tag & EventIdCodec.TagMask);

            Assert.True(codec.TryDecode(codec.Encode(place).Value, out LogPlace opened));

            Assert.Equal(place, opened);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Ids_have_one_length_and_are_safe_in_a_header_and_in_a_query()
    {
        using var codec = new EventIdCodec(Key);
        for (int sequence = 0; sequence < 1000; sequence++)
        {
            Assert.Matches("^#[A-Za-z0-9_-]{22}$", codec.Encode(new LogPlace(1, sequence, EventIdCodec.NewTag())).Value);
        }
    }

    [Fact]
    public void Ids_of_neighbours_have_nothing_in_common()
    {
        using var codec = new EventIdCodec(Key);
        string one = codec.Encode(new LogPlace(1, 41, 7)).Value;
        string other = codec.Encode(new LogPlace(1, 42, 7)).Value;

        Assert.InRange(one.Zip(other).Skip(1).Count(pair => pair.First == pair.Second), 0, 6);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("#")]
    [InlineData("#AAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("#AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("#AAAAAAAAAA AAAAAAAAAAA")]
    [InlineData("#AAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("#AAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("#AAAAAAAAAAA+AAAAAAAAAA")]
    [InlineData("#äAAAAAAAAAAAAAAAAAAAAA")]
    public void Text_of_another_form_does_not_open(string? id)
    {
        using var codec = new EventIdCodec(Key);

        Assert.False(codec.TryDecode(id, out _));
    }

    [Fact]
    public void Tags_have_40_bits_and_are_never_none()
    {
        var tags = Enumerable.Range(0, 1000).Select(_ => EventIdCodec.NewTag()).ToHashSet();

        Assert.All(tags, tag => Assert.InRange(tag, 1UL, EventIdCodec.TagMask));
        Assert.InRange(tags.Count, 990, 1000);
    }
}
