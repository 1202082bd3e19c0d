using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>
/// Removes what retention no longer keeps, oldest first and a bounded number at a time, inside the writer's transactions: the floor and the events that it
/// speaks of change together.
/// </summary>
internal sealed class Pruner
{
    private readonly Retention _retention;
    private readonly SqliteCommand _oldest;
    private readonly SqliteCommand _oldestOfRule;
    private readonly SqliteCommand _drop;
    private readonly SqliteCommand _dropOfRule;
    private readonly List<(long Sequence, long Rule, long Bytes, long PublishedAt)> _candidates = [];

    public Pruner(SqliteConnection connection, Retention retention)
    {
        _retention = retention;
        _oldest = connection.Prepare("SELECT sequence, rule, length(body), published_at FROM event ORDER BY sequence LIMIT $limit", "$limit");
        _oldestOfRule = connection.Prepare(
            "SELECT sequence, rule, length(body), published_at FROM event WHERE rule = $rule AND rule <> 0 ORDER BY sequence LIMIT $limit", "$limit", "$rule");
        _drop = connection.Prepare("DELETE FROM event WHERE sequence <= $through", "$through");
        _dropOfRule = connection.Prepare("DELETE FROM event WHERE rule = $rule AND rule <> 0 AND sequence <= $through", "$through", "$rule");
    }

    /// <summary>Adds to what is counted; <paramref name="rule"/> is 0 for an event under none.</summary>
    public static LogState Count(LogState state, long rule, long events, long bytes)
    {
        if (rule != 0 && state.Rules.Find(rule) is { } counted)
        {
            state = state with { Rules = state.Rules.With(counted with { Events = counted.Events + events, Bytes = counted.Bytes + bytes }) };
        }

        return state with { Events = state.Events + events, Bytes = state.Bytes + bytes };
    }

    /// <summary>Says whether anything is to be removed.</summary>
    public bool IsDue(LogState state, DateTimeOffset now)
    {
        if (IsDue(state, rule: null, _retention, state.Events, state.Bytes, now))
        {
            return true;
        }

        foreach (Rule rule in state.Rules.All)
        {
            if (rule.Limits is { } limits && IsDue(state, rule, limits, rule.Events, rule.Bytes, now))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Removes up to <paramref name="maxEvents"/> events for each bound that is passed and tells what the log is then. Inside a transaction.</summary>
    public LogState Prune(LogState state, DateTimeOffset now, int maxEvents)
    {
        state = PruneAll(state, now, maxEvents);
        foreach (Rule rule in state.Rules.All)
        {
            state = PruneRule(state, rule, now, maxEvents);
        }

        return state;
    }

    private bool IsDue(LogState state, Rule? rule, Retention limits, long events, long bytes, DateTimeOffset now)
    {
        if (events == 0)
        {
            return false;
        }

        if (events > limits.MaxEvents || bytes > limits.MaxBytes)
        {
            return true;
        }

        if (limits.MaxAge is null)
        {
            return false;
        }

        Load(rule, limit: 1);
        return _candidates.Count > 0 && IsPassed(state, rule, _candidates[0].PublishedAt, now);
    }

    private bool IsPassed(LogState state, Rule? rule, long publishedAt, DateTimeOffset now)
    {
        var oldest = new DateTimeOffset(publishedAt, TimeSpan.Zero);
        return rule is null ? _retention.IsPassed(state.Events, state.Bytes, oldest, now) : rule.IsPassed(oldest, now);
    }

    private LogState PruneAll(LogState state, DateTimeOffset now, int maxEvents)
    {
        if (!IsDue(state, rule: null, _retention, state.Events, state.Bytes, now))
        {
            return state;
        }

        Load(rule: null, maxEvents);
        long through = 0;
        foreach ((long sequence, long rule, long bytes, long publishedAt) in _candidates)
        {
            if (!IsPassed(state, rule: null, publishedAt, now))
            {
                break;
            }

            through = sequence;
            state = Count(state, rule, events: -1, -bytes);
        }

        if (through == 0)
        {
            return state;
        }

        _drop.Parameters[0].Value = through;
        _drop.ExecuteNonQuery();
        return state with { Floor = through + 1 };
    }

    private LogState PruneRule(LogState state, Rule rule, DateTimeOffset now, int maxEvents)
    {
        if (rule.Limits is null || !IsDue(state, rule, rule.Limits, rule.Events, rule.Bytes, now))
        {
            return state;
        }

        Load(rule, maxEvents);
        long through = 0;
        foreach ((long sequence, _, long bytes, long publishedAt) in _candidates)
        {
            if (!IsPassed(state, rule, publishedAt, now))
            {
                break;
            }

            through = sequence;
            state = Count(state, rule.Id, events: -1, -bytes);
            rule = state.Rules.Find(rule.Id)!; // counted just now
        }

        if (through == 0)
        {
            return state;
        }

        _dropOfRule.Parameters[0].Value = through;
        _dropOfRule.Parameters[1].Value = rule.Id;
        _dropOfRule.ExecuteNonQuery();
        return state with { Rules = state.Rules.With(rule with { Floor = through + 1 }) };
    }

    private void Load(Rule? rule, int limit)
    {
        _candidates.Clear();
        SqliteCommand command = rule is null ? _oldest : _oldestOfRule;
        command.Parameters[0].Value = (long)limit;
        if (rule is not null)
        {
            command.Parameters[1].Value = rule.Id;
        }

        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            _candidates.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)));
        }
    }
}
