using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Tidings.Client.Tests.Decoding;

/// <summary>Random streams and random cuts: our decoder and the slow one must agree on everything.</summary>
public sealed class DecoderFuzzTests
{
    /// <summary>Pieces that streams are made of, and pieces that almost are: random bytes alone hardly ever make a field.</summary>
    private static readonly string[] Tokens =
    [
        "data", "event", "id", "retry", "Data", ":", ": ", " ", "\n", "\r", "\r\n", "\n\n", "\r\r", "data: x\n\n", "data:y\n", "id: 1\n",
        "id: \0\n", "event: t\n", ":c\n", "retry: 12\n", "retry: 99999999999999999999\n", "\uFEFF", "é", "😀", "\0", "x", "7",
    ];

    private static readonly Gen<byte[]> Piece = Gen.Frequency(
        (8, Gen.Elements(Tokens).Select(Encoding.UTF8.GetBytes)),
        (1, Gen.Choose(0, 255).Select(b => new[] { (byte)b })));

    private static readonly Gen<(byte[] Stream, int[] Cuts)> CutStream =
        from pieces in Piece.ListOf()
        let stream = pieces.SelectMany(piece => piece).ToArray()
        from cuts in Gen.Choose(0, stream.Length).ArrayOf()
        select (stream, cuts.Order().ToArray());

    [Fact]
    public void Random_streams_cut_at_random_are_decoded_as_the_slow_decoder_does() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(20_000).WithEndSize(60),
            Prop.ForAll(CutStream.ToArbitrary(), sample =>
            {
                Decoded expected = Decoded.ByReference(sample.Stream);
                Decoded.AssertEqual(expected, Decoded.By(new EventStreamDecoder(), sample.Stream, sample.Cuts));
            }));

    [Fact]
    public void Random_streams_with_comments_reported_hold_the_same_events_and_every_comment() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5_000).WithEndSize(60),
            Prop.ForAll(CutStream.ToArbitrary(), sample =>
            {
                Decoded expected = Decoded.ByReference(sample.Stream);
                var decoder = new EventStreamDecoder(new EventStreamOptions { ReportComments = true });
                Decoded actual = Decoded.By(decoder, sample.Stream, sample.Cuts);
                Assert.Equal(expected.Comments, actual.Events.Count(e => e.Type.Length == 0));
                Decoded.AssertEqual(expected, actual with { Events = [.. actual.Events.Where(e => e.Type.Length > 0)] });
            }));

    [Fact]
    public void Random_streams_never_exceed_the_limits_in_what_they_hand_out() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5_000).WithEndSize(200),
            Prop.ForAll(CutStream.ToArbitrary(), sample =>
            {
                var limits = new EventStreamOptions { MaxLineBytes = 24, MaxEventBytes = 32, MaxIdBytes = 16 };
                try
                {
                    Decoded decoded = Decoded.By(new EventStreamDecoder(limits), sample.Stream, sample.Cuts);
                    Assert.Equal(Decoded.ByReference(sample.Stream).Events, decoded.Events);
                }
                catch (EventStreamLimitException e)
                {
                    Assert.True(e.MaxBytes is 24 or 32 or 16);
                }
            }));
}
