namespace Tidings;

/// <summary>The column <c>topics</c>, as it is read. Events on the same topics follow each other in most logs, so the last one that was read is kept.</summary>
/// <remarks>Used by one thread at a time.</remarks>
internal sealed class RowTopics
{
    private string? _text;
    private Topic[] _topics = [];

    /// <exception cref="FormatException">One of them is no topic.</exception>
    public Topic[] Of(string text)
    {
        if (text != _text)
        {
            (_topics, _text) = (TopicLines.Split(text), text);
        }

        return _topics;
    }
}
