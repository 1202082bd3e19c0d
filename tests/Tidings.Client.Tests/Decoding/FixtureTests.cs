using Tidings.Testing;

namespace Tidings.Client.Tests.Decoding;

public sealed class FixtureTests
{
    public static TheoryData<string> Names => [.. Fixture.Names()];

    [Fact]
    public void There_are_fixtures_for_every_rule() => Assert.True(Names.Count >= 70, $"Only {Names.Count} fixtures were found.");

    [Theory, MemberData(nameof(Names))]
    public void The_slow_decoder_agrees_with_the_fixture(string name)
    {
        Fixture fixture = Fixture.Load(name);
        Decoded.AssertEqual(fixture.Expected, Decoded.ByReference(fixture.Stream));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_stream_read_whole_is_decoded_as_the_fixture_says(string name)
    {
        Fixture fixture = Fixture.Load(name);
        Decoded.AssertEqual(fixture.Expected, Decoded.By(new EventStreamDecoder(), fixture.Stream, []));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_stream_read_byte_by_byte_is_decoded_as_the_fixture_says(string name)
    {
        Fixture fixture = Fixture.Load(name);
        Decoded.AssertEqual(fixture.Expected, Decoded.By(new EventStreamDecoder(), fixture.Stream, Enumerable.Range(0, fixture.Stream.Length)));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_stream_cut_in_two_anywhere_is_decoded_as_the_fixture_says(string name)
    {
        Fixture fixture = Fixture.Load(name);

        // The long ones are uniform in the middle: their first and last bytes, and every 97th, are cuts enough.
        for (int cut = 0; cut <= fixture.Stream.Length; cut += fixture.Stream.Length > 4096 && cut > 64 && cut < fixture.Stream.Length - 161 ? 97 : 1)
        {
            Decoded.AssertEqual(fixture.Expected, Decoded.By(new EventStreamDecoder(), fixture.Stream, [cut]));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_bare_stream_is_read_as_the_fixture_says(string name)
    {
        Fixture fixture = Fixture.Load(name);
        var events = new List<DecodedEvent>();
        await foreach (ServerSentEvent e in EventStreamReader.ReadAllAsync(new MemoryStream(fixture.Stream)))
        {
            events.Add(new DecodedEvent(e.Type, e.Data, e.LastEventId));
        }

        Assert.Equal(fixture.Expected.Events, events);
    }
}
