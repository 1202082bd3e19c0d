using System.CommandLine;
using System.CommandLine.Parsing;

namespace Tidings.Server;

/// <summary>The options that say what is published, by how many and for how long.</summary>
internal sealed class PublishOptions
{
    public const int UsualPayload = 128;

    private const int UsualSeconds = 10;
    private const int UsualWarmUpSeconds = 2;
    private const int LongestSeconds = 24 * 60 * 60;

    private readonly Option<int?> _topics;
    private readonly Option<int?> _publishers;
    private readonly Option<int?> _rate;
    private readonly Option<int?> _payload = NewPayload();
    private readonly Option<int?> _duration;
    private readonly Option<int?> _events;
    private readonly Option<int?> _warmUp;

    private readonly int _usualPublishers;

    public PublishOptions(int usualPublishers)
    {
        _usualPublishers = usualPublishers;
        _topics = Number("--topics", "Topics, which the events go to in turn.  [default: 1]", "N", 1, 20_000);
        _publishers = NewPublishers(usualPublishers);
        _rate = Number("--rate", "Events per second, of all publishers together. Without it each publisher sends as soon as the event before is answered.", "N", 1, 1_000_000);
        _duration = Number("--duration", $"How long to measure, in seconds.  [default: {UsualSeconds}]", "SECONDS", 1, LongestSeconds);
        _events = Number("--events", "Publishes so many events instead, however long it takes, and measures from the first.", "N", 1, 100_000_000);
        _warmUp = Number("--warm-up", $"How long the load runs before it is measured, in seconds.  [default: {UsualWarmUpSeconds}]", "SECONDS", 0, LongestSeconds);
    }

    public static Option<int?> NewPayload() =>
        Number("--payload", $"How long the data of an event is, in bytes.  [default: {UsualPayload}]", "BYTES", BenchPayload.MinBytes, BenchPayload.MaxBytes);

    public static Option<int?> NewPublishers(int usual) =>
        Number("--publishers", $"Connections that publish, each one event after the other.  [default: {usual}]", "N", 1, 1_000);

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_topics, _publishers, _rate, _payload, _duration, _events, _warmUp])
        {
            command.Add(option);
        }

        command.Validators.Add(Check);
    }

    public BenchSettings Read(ParseResult parsed, int streams)
    {
        int? events = parsed.GetValue(_events);
        return new BenchSettings
        {
            Streams = streams,
            Topics = parsed.GetValue(_topics) ?? 1,
            Publishers = parsed.GetValue(_publishers) ?? _usualPublishers,
            Rate = parsed.GetValue(_rate),
            PayloadBytes = parsed.GetValue(_payload) ?? UsualPayload,
            Events = events,
            Duration = TimeSpan.FromSeconds(parsed.GetValue(_duration) ?? UsualSeconds),
            WarmUp = TimeSpan.FromSeconds(parsed.GetValue(_warmUp) ?? (events is null ? UsualWarmUpSeconds : 0)),
        };
    }

    private static Option<int?> Number(string name, string description, string helpName, int minimum, int maximum) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result => ArgumentParser.ParseNumber(result, minimum, maximum),
    };

    private void Check(CommandResult result)
    {
        if (result.GetResult(_events) is not null && (result.GetResult(_duration) ?? result.GetResult(_warmUp)) is { } other)
        {
            result.AddError($"--events and {other.Option.Name} exclude each other: either a count or a time says when it is over.");
        }
    }
}
