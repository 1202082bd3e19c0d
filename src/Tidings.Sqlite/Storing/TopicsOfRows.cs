using System.Text;

namespace Tidings;

/// <summary>The column <c>topics</c>, as it is read: by its bytes, so that none is decoded twice. A log returns to the same few topics, so those that were read last are kept.</summary>
/// <remarks>Used by one thread at a time.</remarks>
internal sealed class TopicsOfRows
{
    private const int Kept = 64; // a power of two
    private const int MaxKeptBytes = 512;

    private readonly Entry?[] _kept = new Entry?[Kept];

    /// <summary>The text of the column and the topics in it.</summary>
    /// <exception cref="FormatException">One of them is no topic.</exception>
    public (string Text, Topic[] Topics) Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxKeptBytes)
        {
            string text = Encoding.UTF8.GetString(utf8);
            return (text, TopicLines.Split(text));
        }

        var hash = default(HashCode);
        hash.AddBytes(utf8);
        ref Entry? kept = ref _kept[hash.ToHashCode() & (Kept - 1)];
        if (kept is null || !utf8.SequenceEqual(kept.Utf8))
        {
            string text = Encoding.UTF8.GetString(utf8);
            kept = new Entry(utf8.ToArray(), text, TopicLines.Split(text));
        }

        return (kept.Text, kept.Topics);
    }

    private sealed record Entry(byte[] Utf8, string Text, Topic[] Topics);
}
