using System.CommandLine;
using System.Globalization;

namespace Tidings.Server;

/// <summary><c>tidings log list</c>: a line for each event.</summary>
internal sealed class LogListCommand : LogSubcommand
{
    private const int DefaultLimit = 20;
    private const int PageEvents = 500;

    private readonly EventSelection _selection = new();

    private readonly Option<int?> _limit = new("--limit")
    {
        Description = $"How many events to print: the newest, or with --after the first ones after it.  [default: {DefaultLimit}]",
        HelpName = "N",
        CustomParser = result => ArgumentParser.ParseNumber(result, minimum: 1, int.MaxValue),
    };

    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object a line, with everything that is known of the event." };

    public LogListCommand(Terminal terminal)
        : base("list", "Prints a line for each event, the newest last.", terminal)
    {
        _selection.AddTo(this);
        Add(_limit);
        Add(_json);
    }

    public override string Notes => """
        A line has the id that clients see, the time (UTC), the topics, "private" if it is, the type, and the beginning of the data.
        Exit codes: 0 done, 1 the log cannot be read or some of these events are damaged, 2 wrong usage or setting.
        """;

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tidings log list",
        "tidings log list --topic news --topic orders/7 --limit 5",
        "tidings log list --after 0 --limit 1000 --json | jq .data",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult parsed, SqliteLogOptions options, CancellationToken cancellationToken)
    {
        using SqliteLogInspector log = SqliteLogInspector.Open(options.Directory);
        int limit = parsed.GetValue(_limit) ?? DefaultLimit;
        var unreadable = new UnreadableEvents();
        bool isJson = parsed.GetValue(_json);
        TopicMatcher[] matchers = _selection.Matchers(parsed);
        IEnumerable<StoredEvent> events = _selection.After(parsed, log) is { } after
            ? Following(log, after, matchers, unreadable).Take(limit)
            : Newest(log, limit, matchers, unreadable);
        foreach (StoredEvent stored in events)
        {
            string line = isJson ? EventJson.Write(stored, log.IdOf(stored)) : LineOf(stored, log.IdOf(stored));
            await Terminal.Output.WriteAsync($"{line}\n".AsMemory(), cancellationToken);
            if (Terminal.IsOutputAbandoned())
            {
                return ExitCode.Ok;
            }
        }

        return unreadable.Tell(Terminal);
    }

    private static IEnumerable<StoredEvent> Following(SqliteLogInspector log, long after, TopicMatcher[] matchers, UnreadableEvents unreadable)
    {
        for (long? from = after; from is { } start;)
        {
            SqliteLogPage page = log.ReadAfter(start, PageEvents);
            unreadable.Add(page.Unreadable);
            foreach (StoredEvent stored in page.Events)
            {
                if (stored.IsSelectedBy(matchers))
                {
                    yield return stored;
                }
            }

            from = page.Next;
        }
    }

    private static List<StoredEvent> Newest(SqliteLogInspector log, int limit, TopicMatcher[] matchers, UnreadableEvents unreadable)
    {
        var newest = new List<StoredEvent>();
        for (long? from = long.MaxValue; from is { } start && newest.Count < limit;)
        {
            SqliteLogPage page = log.ReadBefore(start, Math.Min(PageEvents, limit));
            unreadable.Add(page.Unreadable);
            newest.AddRange(page.Events.Where(stored => stored.IsSelectedBy(matchers)).Take(limit - newest.Count));
            from = page.Next;
        }

        newest.Reverse();
        return newest;
    }

    private static string LineOf(StoredEvent stored, SseId id)
    {
        string time = stored.PublishedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        string topics = string.Join(", ", stored.Topics);
        string mark = stored.IsPrivate ? "  private" : "";
        string type = stored.Content.Type?.Value ?? "message";
        return Terminal.Harmless($"{id}  {time}  {topics}{mark}  {type}  {Shortened(stored.Content.Data)}");
    }

    private static string Shortened(string? data)
    {
        const int Longest = 80;
        if (data is null)
        {
            return "(no data)";
        }

        int length = Math.Min(data.Length, Longest);
        if (length < data.Length && char.IsHighSurrogate(data[length - 1]))
        {
            length--;
        }

        string begin = data[..length].Replace("\n", "\\n", StringComparison.Ordinal).Replace('\t', ' ');
        return length < data.Length ? $"{begin}…" : begin;
    }
}
