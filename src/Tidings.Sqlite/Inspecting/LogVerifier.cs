using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>Checks everything that can be checked about a log.</summary>
internal sealed class LogVerifier(SqliteConnection connection, StoredEventReader events, string path, CancellationToken cancellationToken)
{
    private const int PageEvents = 500;

    private readonly List<string> _problems = [];
    private long _further;

    public SqliteLogVerification Run(IProgress<long>? checkedEvents)
    {
        CheckStructure();
        cancellationToken.ThrowIfCancellationRequested();
        CheckCounts();
        long sound = CheckEvents(checkedEvents);
        return new SqliteLogVerification(sound, _problems, _further);
    }

    private void Report(string problem)
    {
        if (_problems.Count < SqliteLogVerification.MaxProblems)
        {
            _problems.Add(problem);
        }
        else
        {
            _further++;
        }
    }

    // Also finds an index that does not fit its table, such as that of the publishers' ids.
    private void CheckStructure() => Try(() =>
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"PRAGMA integrity_check({SqliteLogVerification.MaxProblems})");
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            string answer = reader.GetString(0);
            if (answer != "ok")
            {
                Report($"Structure: {answer.Replace('\n', ' ').TrimEnd('.')}.");
            }
        }
    });

    // One transaction: while a hub stores events, what is counted and what was counted must be of the same moment.
    private void CheckCounts() => Try(() =>
    {
        connection.Execute("BEGIN");
        try
        {
            LogState? state = Meta.TryRead(connection, path, out _);
            if (state is null)
            {
                Report("The log does not say where it ends: its row is missing.");
                return;
            }

            CheckSums(state);
            CheckKeys(state);
        }
        finally
        {
            connection.TryExecute("ROLLBACK");
        }
    });

    private void CheckSums(LogState state)
    {
        Dictionary<long, (string Matcher, long Floor, long Events, long Bytes)> rules = ReadRules();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT rule, count(*), sum(length(body)), min(sequence), max(sequence) FROM event GROUP BY rule";
        using SqliteDataReader reader = command.ExecuteReader();
        (long events, long bytes) = (0, 0);
        while (reader.Read())
        {
            long id = reader.GetInt64(0);
            (long count, long size, long oldest) = (reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
            events += count;
            bytes += size;
            if (id != 0)
            {
                CheckRule(rules, id, count, size, oldest);
            }

            if (oldest < state.Floor)
            {
                Report($"Event {oldest} is stored, but the floor is {state.Floor}: retention says that it has taken it.");
            }
        }

        foreach ((string matcher, _, long counted, long size) in rules.Values)
        {
            if (counted != 0 || size != 0)
            {
                Report($"The rule for \"{matcher}\" counts {counted} events with {size} bytes, and holds none.");
            }
        }

        if (events != state.Events || bytes != state.Bytes)
        {
            Report($"The log counts {state.Events} events with {state.Bytes} bytes, and holds {events} with {bytes}.");
        }
    }

    private void CheckRule(Dictionary<long, (string Matcher, long Floor, long Events, long Bytes)> rules, long id, long count, long size, long oldest)
    {
        if (!rules.Remove(id, out (string Matcher, long Floor, long Events, long Bytes) rule))
        {
            Report($"{count} events belong to the retention rule {id}, which does not exist.");
            return;
        }

        if (count != rule.Events || size != rule.Bytes)
        {
            Report($"The rule for \"{rule.Matcher}\" counts {rule.Events} events with {rule.Bytes} bytes, and holds {count} with {size}.");
        }

        if (oldest < rule.Floor)
        {
            Report($"Event {oldest} is stored, but the floor of \"{rule.Matcher}\" is {rule.Floor}: retention says that it has taken it.");
        }
    }

    private Dictionary<long, (string Matcher, long Floor, long Events, long Bytes)> ReadRules()
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT id, matcher, floor, events, bytes, checksum FROM rule";
        using SqliteDataReader reader = command.ExecuteReader();
        var rules = new Dictionary<long, (string Matcher, long Floor, long Events, long Bytes)>();
        while (reader.Read())
        {
            string text = reader.GetString(1);
            (long id, long floor, long counted, long bytes) = (reader.GetInt64(0), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4));
            rules.Add(id, (text, floor, counted, bytes));
            if (!TopicMatcher.TryParse(text, out TopicMatcher? matcher, out string? complaint))
            {
                Report($"A retention rule has no matcher that makes sense. {complaint}");
            }
            else if (Checksum.Of(new Rule(id, matcher, Limits: null) { Floor = floor, Events = counted, Bytes = bytes }) != reader.GetInt64(5))
            {
                Report($"The rule for \"{text}\" is not what was written: what it has taken may be told wrongly, or not at all.");
            }
        }

        return rules;
    }

    private void CheckKeys(LogState state)
    {
        long beyond = connection.ReadNumber(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM idempotency WHERE sequence > {state.Last}"));
        if (beyond > 0)
        {
            Report($"{beyond} idempotency keys belong to events after the end of the log ({state.Last}).");
        }
    }

    private long CheckEvents(IProgress<long>? checkedEvents)
    {
        long sound = 0;
        Try(() =>
        {
            for (long? after = 0; after is { } from;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                SqliteLogPage page = events.ReadAfter(from, PageEvents);
                foreach (long sequence in page.Unreadable)
                {
                    Report($"Event {sequence} is not what was written: subscribers are told a gap instead.");
                }

                sound += page.Events.Count;
                checkedEvents?.Report(sound);
                after = page.Next;
            }
        });
        return sound;
    }

    // What cannot be read at all is a finding, too, and the other checks may still find more.
    private void Try(Action check)
    {
        try
        {
            check();
        }
        catch (SqliteException damage) when (damage.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB)
        {
            Report($"SQLite gave up reading: {damage.Message}");
        }
        catch (Exception damage) when (damage is EventLogException or InvalidCastException or InvalidOperationException)
        {
            Report($"The log contradicts itself: {damage.Message}");
        }
    }
}
