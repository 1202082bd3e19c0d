using System.Text;

namespace Tidings;

/// <summary>
/// The column <c>topics</c>: the canonical one first, one a line. Events on the same topics follow each other in most logs, so the last ones that were read are kept.
/// </summary>
/// <remarks>Used by one thread at a time.</remarks>
internal sealed class TopicsOfRows
{
    private const char Separator = '\n'; // no topic can hold it
    private const int Kept = 64; // a power of two
    private const int MaxKeptBytes = 512;

    private readonly Entry?[] _kept = new Entry?[Kept];

    public static string Join(ReadOnlySpan<Topic> topics)
    {
        if (topics.Length == 1)
        {
            return topics[0].Value;
        }

        string[] values = new string[topics.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = topics[i].Value;
        }

        return string.Join(Separator, values);
    }

    /// <summary>The text of the column and the topics in it.</summary>
    /// <exception cref="FormatException">One of them is no topic.</exception>
    public (string Text, Topic[] Topics) Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxKeptBytes)
        {
            string text = Encoding.UTF8.GetString(utf8);
            return (text, Split(text));
        }

        var hash = default(HashCode);
        hash.AddBytes(utf8);
        ref Entry? kept = ref _kept[hash.ToHashCode() & (Kept - 1)];
        if (kept is null || !utf8.SequenceEqual(kept.Utf8))
        {
            string text = Encoding.UTF8.GetString(utf8);
            kept = new Entry(utf8.ToArray(), text, Split(text));
        }

        return (kept.Text, kept.Topics);
    }

    private static Topic[] Split(string text)
    {
        string[] values = text.Split(Separator);
        var topics = new Topic[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            topics[i] = Topic.Of(values[i]);
        }

        return topics;
    }

    private sealed record Entry(byte[] Utf8, string Text, Topic[] Topics);
}
