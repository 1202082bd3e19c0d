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
    /// <exception cref="EventLogException">A row is damaged.</exception>
    public static Rules Reconcile(SqliteConnection connection, string path, LogState state, IList<TopicRetention> configured)
    {
        Dictionary<string, Rule> known = Read(connection, path);
        ImmutableArray<Rule>.Builder rules = ImmutableArray.CreateBuilder<Rule>();
        foreach (TopicRetention limits in configured)
        {
            if (!TopicMatcher.TryParse(limits.Matcher, out TopicMatcher? matcher, out string? complaint))
            {
                throw new ArgumentException(complaint, nameof(configured));
            }

            rules.Add(known.Remove(limits.Matcher, out Rule? rule) ? rule with { Limits = limits } : Add(connection, matcher, limits));
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

    /// <exception cref="EventLogException">A row is damaged.</exception>
    public static Dictionary<string, Rule> Read(SqliteConnection connection, string path)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT id, matcher, floor, events, bytes, checksum FROM rule ORDER BY id";
        using SqliteDataReader reader = command.ExecuteReader();
        var rules = new Dictionary<string, Rule>(StringComparer.Ordinal);
        while (reader.Read())
        {
            string text = reader.GetString(1);

            // A floor that is too low would hide what retention has taken.
            Rule rule = ReadRow(reader, text) is { } read && Checksum.Of(read) == reader.GetInt64(5)
                ? read
                : throw Damage.Found(path, $"the retention rule \"{text}\" is not what was written");
            rules.Add(text, rule);
        }

        return rules;
    }

    private static Rule? ReadRow(SqliteDataReader reader, string matcher) => TopicMatcher.TryParse(matcher, out TopicMatcher? parsed, out _)
        ? new Rule(reader.GetInt64(0), parsed, Limits: null) { Floor = reader.GetInt64(2), Events = reader.GetInt64(3), Bytes = reader.GetInt64(4) }
        : null;

    private static Rule Add(SqliteConnection connection, TopicMatcher matcher, TopicRetention limits)
    {
        var rule = new Rule(connection.ReadNumber("SELECT coalesce(max(id), 0) + 1 FROM rule"), matcher, limits);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "INSERT INTO rule (id, matcher, floor, events, bytes, checksum) VALUES ($id, $matcher, 0, 0, 0, $checksum)";
        command.Parameters.AddWithValue("$id", rule.Id);
        command.Parameters.AddWithValue("$matcher", limits.Matcher);
        command.Parameters.AddWithValue("$checksum", (long)Checksum.Of(rule));
        command.ExecuteNonQuery();
        return rule;
    }

    private static void Remove(SqliteConnection connection, string matcher)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "DELETE FROM rule WHERE matcher = $matcher";
        command.Parameters.AddWithValue("$matcher", matcher);
        command.ExecuteNonQuery();
    }
}
