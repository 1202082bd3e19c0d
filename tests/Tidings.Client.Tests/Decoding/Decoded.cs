using System.Text;
using Tidings.Testing;

namespace Tidings.Client.Tests.Decoding;

/// <summary>All that a stream says, in a form that two decoders can be compared by.</summary>
internal sealed record Decoded(DecodedEvent[] Events, string LastEventId, long? Retry, long Comments)
{
    /// <summary>What our decoder makes of <paramref name="stream"/>, given to it in the pieces that <paramref name="cuts"/> (ascending) make.</summary>
    public static Decoded By(EventStreamDecoder decoder, byte[] stream, IEnumerable<int> cuts)
    {
        var events = new List<DecodedEvent>();
        int start = 0;
        foreach (int cut in cuts.Append(stream.Length))
        {
            // A piece of memory of its own that is spoiled afterwards: whoever still looks at it is found out.
            byte[] piece = stream[start..cut];
            ReadOnlySpan<byte> rest = piece;
            while (decoder.TryRead(ref rest, out Utf8Event e))
            {
                events.Add(new DecodedEvent(Text(e.Type), Text(e.Data), Text(e.LastEventId)));
            }

            Assert.True(rest.IsEmpty);
            Array.Fill(piece, (byte)'!');
            start = cut;
        }

        return new Decoded([.. events], Text(decoder.LastEventId), (long?)decoder.ReconnectionTime?.TotalMilliseconds, decoder.CommentCount);
    }

    /// <summary>What the slow decoder makes of <paramref name="stream"/>, which is obviously right and shares no code with ours.</summary>
    public static Decoded ByReference(byte[] stream)
    {
        DecodedStream decoded = FrameDecoder.DecodeStream(stream);
        return new Decoded([.. decoded.Events], decoded.LastEventId, decoded.Retry, decoded.Comments);
    }

    public static void AssertEqual(Decoded expected, Decoded actual)
    {
        Assert.Equal(expected.Events, actual.Events);
        Assert.Equal((expected.LastEventId, expected.Retry, expected.Comments), (actual.LastEventId, actual.Retry, actual.Comments));
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
