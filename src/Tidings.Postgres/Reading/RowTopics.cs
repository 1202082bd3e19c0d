namespace Tidings;

/// <summary>The column <c>topics</c>: the canonical one first, one a line. Events on the same topics follow each other in most logs, so the last one that was read is kept.</summary>
/// <remarks>Used by one thread at a time.</remarks>
internal sealed class RowTopics
{
    private const char Separator = '\n'; // no topic can hold it

    private string? _text;
    private Topic[] _topics = [];

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

    /// <exception cref="FormatException">One of them is no topic.</exception>
    public Topic[] Of(string text)
    {
        if (text != _text)
        {
            string[] values = text.Split(Separator);
            var topics = new Topic[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                topics[i] = Topic.Of(values[i]);
            }

            (_text, _topics) = (text, topics);
        }

        return _topics;
    }
}
