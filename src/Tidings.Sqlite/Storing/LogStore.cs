using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>
/// The writer's connection: stores batches, prunes, and checkpoints. What it says of the log it has from the transaction that was committed last.
/// </summary>
/// <remarks>Used by one thread at a time.</remarks>
internal sealed class LogStore : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly EventInsert _insert;
    private readonly SqliteCommand _dropReplaced;
    private readonly SqliteCommand _updateMeta;
    private readonly SqliteCommand _updateRule;
    private readonly KeyTable _keys;
    private readonly Pruner _pruner;

    private LogStore(SqliteConnection connection, SqliteLogOptions options, byte[] idKey, LogState state)
    {
        _connection = connection;
        IdKey = idKey;
        State = state;
        _begin = connection.Prepare("BEGIN IMMEDIATE");
        _commit = connection.Prepare("COMMIT");
        _insert = new EventInsert(connection);
        _dropReplaced = connection.Prepare(
            "DELETE FROM event WHERE rule = $rule AND rule <> 0 AND topics = $topics RETURNING length(body)", "$rule", "$topics");
        _updateMeta = connection.Prepare(
            "UPDATE meta SET last = $last, floor = $floor, events = $events, bytes = $bytes, checksum = $checksum", "$last", "$floor", "$events", "$bytes", "$checksum");
        _updateRule = connection.Prepare(
            "UPDATE rule SET floor = $floor, events = $events, bytes = $bytes, checksum = $checksum WHERE id = $id", "$floor", "$events", "$bytes", "$checksum", "$id");
        _keys = new KeyTable(connection, options);
        _pruner = new Pruner(connection, options.Retention);
    }

    public byte[] IdKey { get; }

    /// <summary>For tests, which take it away or set its bounds.</summary>
    public SqliteConnection Connection => _connection;

    /// <summary>The log as the last committed transaction left it.</summary>
    public LogState State { get; private set; }

    /// <summary>The version of the SQLite library.</summary>
    public string Version => _connection.ServerVersion;

    /// <summary>Opens the database, makes or migrates its tables, and reads where the log stands.</summary>
    /// <exception cref="EventLogException">The file is no log, is damaged, or was written by a newer version.</exception>
    public static LogStore Open(string path, SqliteLogOptions options)
    {
        SqliteConnection connection = Connections.OpenWriter(path, options.Durability);
        try
        {
            Schema.Migrate(connection, path);
            LogState state = Meta.Read(connection, path, out byte[] idKey);
            state = state with { Rules = RuleTable.Reconcile(connection, path, state, options.TopicRetention) };
            return new LogStore(connection, options, idKey, state);
        }
        catch (Exception damage) when (damage is InvalidCastException or InvalidOperationException or FormatException)
        {
            connection.Dispose();
            throw Damage.Found(path, "what it says of itself is not of the form that was written", damage);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Stores a batch in one transaction. If it throws, nothing is stored, unless the commit itself has failed.</summary>
    public CommittedBatch Append(IReadOnlyList<PendingEvent> events, DateTimeOffset now)
    {
        var results = new AppendResult[events.Count];
        var stored = new List<LoggedEvent>(events.Count);
        LogState state = State;
        Begin();
        try
        {
            for (int i = 0; i < results.Length; i++)
            {
                results[i] = Append(events[i], ref state, stored);
            }

            state = _pruner.Prune(state, now, AppendPruning(stored.Count));
            Commit(state);
        }
        catch
        {
            Rollback();
            throw;
        }

        return new CommittedBatch(results, stored);
    }

    /// <summary>Removes some of what retention no longer keeps; false if there is nothing more to remove.</summary>
    public bool Prune(DateTimeOffset now, int maxEvents)
    {
        if (!_pruner.IsDue(State, now) && !_keys.IsDue(now))
        {
            return false;
        }

        Begin();
        try
        {
            LogState state = _pruner.Prune(State, now, maxEvents);
            if (!_keys.Prune(now, maxEvents) && ReferenceEquals(state, State))
            {
                // The log counts more than it holds. To go on would be to go on for ever; "tidings log verify" tells what is wrong.
                Rollback();
                return false;
            }

            Commit(state);
            return true;
        }
        catch
        {
            Rollback();
            throw;
        }
    }

    /// <summary>
    /// Moves what the write-ahead log has into the database; <paramref name="truncate"/> also gives the file's space back, if no reader is in the way. Tells whether all of it was moved.
    /// </summary>
    public bool Checkpoint(bool truncate)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = truncate ? "PRAGMA wal_checkpoint(TRUNCATE)" : "PRAGMA wal_checkpoint(PASSIVE)";
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() && reader.GetInt64(0) == 0 && reader.GetInt64(1) == reader.GetInt64(2);
    }

    /// <summary>Reads back the events after <paramref name="after"/>.</summary>
    public List<LoggedEvent> ReadAfter(long after)
    {
        using var select = new EventSelect(_connection, "sequence > ? ORDER BY sequence");
        select.Begin(after);
        var events = new List<LoggedEvent>();
        while (select.Read())
        {
            if (select.TryRead(State.Epoch, out LoggedEvent? logged))
            {
                events.Add(logged);
            }
        }

        return events;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _connection.Dispose();
    }

    // Twice what came, so that pruning keeps up with storing in any case and never costs more than it.
    private static int AppendPruning(int stored) => (2 * stored) + 16;

    private AppendResult Append(PendingEvent pending, ref LogState state, List<LoggedEvent> stored)
    {
        if (pending.Idempotency is { } mark && _keys.Find(mark, pending.PublishedAt) is { } known)
        {
            return known.Content == mark.Content
                ? new AppendResult(AppendOutcome.Repeated, state.Epoch, known.Sequence, known.Tag)
                : new AppendResult(AppendOutcome.KeyReused, state.Epoch, Sequence: 0, Tag: 0);
        }

        long sequence = state.Last + 1;
        state = state with { Last = sequence };
        Rule? rule = state.Rules.Of(pending.Topics);
        if (!pending.IsLiveOnly && rule?.Limits?.Keep != Keep.None)
        {
            Insert(pending, sequence, rule, ref state);
        }

        if (pending.Idempotency is { } newMark)
        {
            _keys.Add(newMark, sequence, pending.Tag, pending.PublishedAt);
        }

        stored.Add(new LoggedEvent(sequence, state.Epoch, pending));
        return new AppendResult(AppendOutcome.Stored, state.Epoch, sequence, pending.Tag);
    }

    private void Insert(PendingEvent pending, long sequence, Rule? rule, ref LogState state)
    {
        string topics = TopicLines.Join(pending.Topics);
        if (rule?.Limits?.Keep == Keep.Latest)
        {
            DropReplaced(topics, rule, ref state);
        }

        _insert.Execute(sequence, pending, rule?.Id ?? 0, topics);
        state = Pruner.Count(state, rule?.Id ?? 0, events: 1, pending.Body.Length);
    }

    private void DropReplaced(string topics, Rule rule, ref LogState state)
    {
        _dropReplaced.Parameters[0].Value = rule.Id;
        _dropReplaced.Parameters[1].Value = topics;
        using SqliteDataReader reader = _dropReplaced.ExecuteReader();
        while (reader.Read())
        {
            state = Pruner.Count(state, rule.Id, events: -1, -reader.GetInt64(0));
        }
    }

    private void Begin()
    {
        _begin.ExecuteNonQuery();
        _keys.Begin();
    }

    private void Rollback()
    {
        _keys.Rollback();
        _connection.TryExecute("ROLLBACK");
    }

    private void Commit(LogState state)
    {
        SqliteParameterCollection parameters = _updateMeta.Parameters;
        parameters[0].Value = state.Last;
        parameters[1].Value = state.Floor;
        parameters[2].Value = state.Events;
        parameters[3].Value = state.Bytes;
        parameters[4].Value = (long)Checksum.Of(state, IdKey);
        _updateMeta.ExecuteNonQuery();
        if (!ReferenceEquals(state.Rules, State.Rules))
        {
            UpdateRules(state.Rules);
        }

        _commit.ExecuteNonQuery();
        State = state;
    }

    private void UpdateRules(Rules rules)
    {
        foreach (Rule rule in rules.All)
        {
            if (ReferenceEquals(rule, State.Rules.Find(rule.Id)))
            {
                continue;
            }

            _updateRule.Parameters[0].Value = rule.Floor;
            _updateRule.Parameters[1].Value = rule.Events;
            _updateRule.Parameters[2].Value = rule.Bytes;
            _updateRule.Parameters[3].Value = (long)Checksum.Of(rule);
            _updateRule.Parameters[4].Value = rule.Id;
            _updateRule.ExecuteNonQuery();
        }
    }
}

/// <summary>What a transaction has stored.</summary>
/// <param name="Results">What became of each event that was handed in.</param>
/// <param name="Events">Those that got a sequence now, in order.</param>
internal sealed record CommittedBatch(AppendResult[] Results, List<LoggedEvent> Events);
