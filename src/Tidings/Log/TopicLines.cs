namespace Tidings;

/// <summary>An event's topics as one text, as the logs on disk and in a database keep them: one a line, the canonical one first.</summary>
internal static class TopicLines
{
    private const char Separator = '\n'; // no topic can hold it

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
    public static Topic[] Split(string text)
    {
        string[] values = text.Split(Separator);
        var topics = new Topic[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            topics[i] = Topic.Of(values[i]);
        }

        return topics;
    }
}
