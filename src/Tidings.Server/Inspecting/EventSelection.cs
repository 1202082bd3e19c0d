using System.CommandLine;
using System.Globalization;

namespace Tidings.Server;

/// <summary>Which events of a log are meant: the options <c>--topic</c> and <c>--after</c>.</summary>
internal sealed class EventSelection
{
    private readonly Option<string[]> _topics = new("--topic")
    {
        Description = "Only events with this topic, or * for all; may be repeated.",
        HelpName = "TOPIC",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _after = new("--after")
    {
        Description = "Only events after this one: an id as clients see it, or a sequence (0: from the beginning).",
        HelpName = "ID",
    };

    public EventSelection() => _topics.Validators.Add(static result =>
    {
        foreach (string topic in result.Tokens.Select(token => token.Value))
        {
            if (!TopicMatcher.TryParse(topic, out _, out string? complaint))
            {
                result.AddError($"--topic takes a topic or *. {complaint}");
            }
        }
    });

    public void AddTo(Command command)
    {
        command.Add(_topics);
        command.Add(_after);
    }

    public TopicMatcher[] Matchers(ParseResult parsed) =>
        [.. parsed.GetValue(_topics)!.Select(topic => topic == "*" ? TopicMatcher.All : TopicMatcher.Exact(Topic.Of(topic)))]; // has a default

    /// <summary>The sequence that <c>--after</c> stands for; null without the option. An id goes before a sequence: publishers may choose numbers.</summary>
    /// <exception cref="SettingException">It is neither.</exception>
    public long? After(ParseResult parsed, SqliteLogInspector log)
    {
        if (parsed.GetValue(_after) is not { } text)
        {
            return null;
        }

        if (log.Find(text) is { } sequence || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out sequence))
        {
            return sequence;
        }

        throw new SettingException(
            $"--after is \"{text}\", which is no sequence and no id in the log in {log.Directory}: that event was never there, was taken by retention, or is from before the log was restored. --after 0 begins with the oldest.");
    }
}
