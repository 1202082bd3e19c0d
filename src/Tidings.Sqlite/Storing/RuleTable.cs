using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>The table <c>rule</c>: brings what was configured when the log was open last together with what is configured now.</summary>
internal static class RuleTable
{
    /// <summary>
    /// Tells the rules in the order of the configuration. Those that are configured no more come last: their events are kept as all events are, but what they
    /// have taken is still to be told.
    /// </summary>
    public static Rules Reconcile(SqliteConnection connection, LogState state, IList<TopicRetention> configured)
    {
        Dictionary<string, Rule> known = Read(connection);
        ImmutableArray<Rule>.Builder rules = ImmutableArray.CreateBuilder<Rule>();
        foreach (TopicRetention limits in configured)
        {
            if (!TopicMatcher.TryParse(limits.Matcher, out TopicMatcher? matcher, out string? complaint))
            {
                throw new ArgumentException(complaint, nameof(configured));
            }

            rules.Add(known.Remove(limits.Matcher, out Rule? rule) ? rule with { Limits = limits } : new Rule(Add(connection, limits), matcher, limits));
        }

        foreach ((string matcher, Rule rule) in known)
        {
            if (rule.Events == 0 && rule.Floor <= state.Floor)
            {
                Remove(connection, matcher);
            }
            else
            {
                rules.Add(rule);
            }
        }

        return new Rules(rules.DrainToImmutable());
    }

    public static Dictionary<string, Rule> Read(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT id, matcher, floor, events, bytes FROM rule ORDER BY id";
        using SqliteDataReader reader = command.ExecuteReader();
        var rules = new Dictionary<string, Rule>(StringComparer.Ordinal);
        while (reader.Read())
        {
            string text = reader.GetString(1);
            if (TopicMatcher.TryParse(text, out TopicMatcher? matcher, out _))
            {
                rules.Add(text, new Rule(reader.GetInt64(0), matcher, Limits: null)
                {
                    Floor = reader.GetInt64(2),
                    Events = reader.GetInt64(3),
                    Bytes = reader.GetInt64(4),
                });
            }
        }

        return rules;
    }

    private static long Add(SqliteConnection connection, TopicRetention limits)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "INSERT INTO rule (matcher, floor, events, bytes) VALUES ($matcher, 0, 0, 0)";
        command.Parameters.AddWithValue("$matcher", limits.Matcher);
        command.ExecuteNonQuery();
        return connection.ReadNumber("SELECT last_insert_rowid()");
    }

    private static void Remove(SqliteConnection connection, string matcher)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "DELETE FROM rule WHERE matcher = $matcher";
        command.Parameters.AddWithValue("$matcher", matcher);
        command.ExecuteNonQuery();
    }
}
