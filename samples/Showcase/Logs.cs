using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>The server's own log as a stream, from the level on that the client asks for. In an app of yours, let in only those who may read the log.</summary>
internal static partial class Logs
{
    private const string Category = "Showcase.Logs";

    public static void AddLogs(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<LogFeed>();
        builder.Services.AddSingleton<ILoggerProvider>(services => services.GetRequiredService<LogFeed>());

        // Its own levels, whatever the console has: of this app everything, of the framework only requests and what is wrong. Not the framework's details:
        // among them are the writes to each client, this stream's included, so that every line would cause the next one.
        builder.Logging
            .AddFilter<LogFeed>(category: null, LogLevel.Information)
            .AddFilter<LogFeed>("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter<LogFeed>("Microsoft.AspNetCore.Hosting", LogLevel.Information)
            .AddFilter<LogFeed>("Showcase", LogLevel.Trace);
    }

    public static void MapLogs(this WebApplication app)
    {
        app.MapEventStream("/log/{level}", (LogLevel level, LastEventId last, LogFeed log) => log.LinesAsync(level, last));
        app.MapPost("/log/lines", (ILoggerFactory loggers) => WriteOneOfEach(loggers.CreateLogger(Category)));
        app.ShowOnIndex("logs", app.Services.GetRequiredService<LogFeed>().Count);
    }

    private static void WriteOneOfEach(ILogger logger)
    {
        for (LogLevel level = LogLevel.Trace; level <= LogLevel.Critical; level++)
        {
            LogRequested(logger, level);
        }
    }

    [LoggerMessage(EventId = 11, Message = "Somebody asked for a line of each level.")]
    private static partial void LogRequested(ILogger logger, LogLevel level);
}

/// <summary>
/// Keeps the newest lines of the log and streams them. A logger calls it and goes on at once: it waits for no reader, and a reader that is too slow is told how many
/// lines it has missed. Safe for use from several threads.
/// </summary>
internal sealed class LogFeed(TimeProvider time) : ILoggerProvider
{
    private const int KeptLines = 1000;
    private const int LongestMessage = 4000;

    // Line numbers begin anew with every start of the app; an id says which start it is from.
    private readonly string _run = time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
    private readonly Lock _gate = new();
    private readonly Queue<Line> _lines = new(KeptLines); // Guarded by _gate, like all below.
    private long _newest;
    private TaskCompletionSource _more = NewSignal();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    public Figure Count()
    {
        lock (_gate)
        {
            return new Figure(_newest, $"{_newest:N0} lines");
        }
    }

    /// <summary>The lines that are kept, from those on that the client has not seen; then every new one.</summary>
    public async IAsyncEnumerable<ServerEvent> LinesAsync(LogLevel level, LastEventId last, [EnumeratorCancellation] CancellationToken leaving = default)
    {
        long seen = SeenBy(last);
        bool isFirst = seen == 0;
        while (true)
        {
            (Line[] lines, long newest, Task more) = After(seen);
            long missed = newest - seen - lines.Length;
            if (missed > 0 && !isFirst)
            {
                yield return new ServerEvent(missed.ToString(CultureInfo.InvariantCulture), "missed");
            }

            foreach (Line line in lines.Where(line => line.Level >= level))
            {
                string json = JsonSerializer.Serialize(new { line.Time, Level = line.Level.ToString(), line.Category, line.Message }, JsonSerializerOptions.Web);
                yield return new ServerEvent(json, id: $"{_run}-{line.Number}");
            }

            seen = newest;
            isFirst = false;
            await more.WaitAsync(leaving);
        }
    }

    private long SeenBy(LastEventId last)
    {
        string[] parts = (last.Value ?? "").Split('-');
        return parts.Length == 2 && parts[0] == _run && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
    }

    private (Line[] Lines, long Newest, Task More) After(long seen)
    {
        lock (_gate)
        {
            return ([.. _lines.Where(line => line.Number > seen)], _newest, _more.Task);
        }
    }

    private void Add(LogLevel level, string category, string message)
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            if (_lines.Count == KeptLines)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(new Line(++_newest, time.GetUtcNow(), level, category, message.Length > LongestMessage ? message[..LongestMessage] + "…" : message));
            waiting = _more;
            _more = NewSignal();
        }

        waiting.SetResult();
    }

    // Readers go on on threads of their own, never on that of a logger.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Line(long Number, DateTimeOffset Time, LogLevel Level, string Category, string Message);

    private sealed class Logger(LogFeed feed, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            feed.Add(logLevel, category, exception is null ? formatter(state, exception) : $"{formatter(state, exception)}\n{exception}");
    }
}
