using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>An event as a row of the table <c>event</c>.</summary>
internal static class EventRow
{
    /// <summary>The columns that <see cref="TryRead"/> expects, in its order.</summary>
    public const string Columns = "sequence, tag, published_at, is_private, topics, publisher_id, body, checksum";

    private const char TopicSeparator = '\n'; // no topic can hold it

    public static string JoinTopics(ReadOnlySpan<Topic> topics)
    {
        if (topics.Length == 1)
        {
            return topics[0].Value;
        }

        string[] values = new string[topics.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = topics[i].Value;
        }

        return string.Join(TopicSeparator, values);
    }

    /// <summary>Reads the row that <paramref name="reader"/> stands on; false if it is not what was written.</summary>
    public static bool TryRead(SqliteDataReader reader, uint epoch, [NotNullWhen(true)] out LoggedEvent? logged)
    {
        logged = null;
        try
        {
            long sequence = reader.GetInt64(0);
            ulong tag = (ulong)reader.GetInt64(1);
            long publishedAt = reader.GetInt64(2);
            bool isPrivate = reader.GetInt64(3) != 0;
            string topics = reader.GetString(4);
            string? publisherId = reader.IsDBNull(5) ? null : reader.GetString(5);
            byte[] body = reader.GetFieldValue<byte[]>(6);
            if (Checksum.Of(sequence, tag, publishedAt, isPrivate, topics, publisherId, body) != reader.GetInt64(7))
            {
                return false;
            }

            logged = new LoggedEvent(sequence, epoch, new PendingEvent(
                SplitTopics(topics),
                body,
                tag,
                new DateTimeOffset(publishedAt, TimeSpan.Zero),
                isPrivate,
                publisherId is null ? null : SseId.Of(publisherId)));
            return true;
        }
        catch (Exception damage) when (damage is InvalidCastException or InvalidOperationException or FormatException or ArgumentException)
        {
            // A column of another type than was written.
            return false;
        }
    }

    private static Topic[] SplitTopics(string topics)
    {
        if (!topics.Contains(TopicSeparator, StringComparison.Ordinal))
        {
            return [Topic.Of(topics)];
        }

        string[] values = topics.Split(TopicSeparator);
        var split = new Topic[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            split[i] = Topic.Of(values[i]);
        }

        return split;
    }
}
