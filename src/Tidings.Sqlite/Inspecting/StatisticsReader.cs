using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>Reads what is to be said of a log, in one short transaction.</summary>
internal static class StatisticsReader
{
    public static SqliteLogStatistics Read(SqliteConnection connection, string directory, string path)
    {
        connection.Execute("BEGIN");
        try
        {
            LogState state = Meta.TryRead(connection, path, out _) ?? throw Damage.Found(path, "it does not say where it ends");
            return new SqliteLogStatistics
            {
                Directory = directory,
                IsInUse = LogFiles.IsInUse(directory),
                DatabaseBytes = SizeOf(path),
                WriteAheadBytes = SizeOf(path + "-wal"),
                Epoch = state.Epoch,
                Events = state.Events,
                Bytes = state.Bytes,
                Floor = state.Floor,
                Last = state.Last,
                Oldest = ReadPlace(connection, "SELECT sequence, published_at FROM event ORDER BY sequence LIMIT 1"),
                Newest = ReadPlace(connection, "SELECT sequence, published_at FROM event ORDER BY sequence DESC LIMIT 1"),
                Rules = ReadRules(connection),
                IdempotencyKeys = connection.ReadNumber("SELECT count(*) FROM idempotency"),
                SchemaVersion = Schema.Check(connection, path),
                SqliteVersion = connection.ServerVersion,
            };
        }
        finally
        {
            connection.TryExecute("ROLLBACK");
        }
    }

    private static long SizeOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static SqliteLogPlace? ReadPlace(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() ? new SqliteLogPlace(reader.GetInt64(0), new DateTimeOffset(reader.GetInt64(1), TimeSpan.Zero)) : null;
    }

    private static List<SqliteLogRule> ReadRules(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT matcher, floor, events, bytes FROM rule ORDER BY id";
        using SqliteDataReader reader = command.ExecuteReader();
        var rules = new List<SqliteLogRule>();
        while (reader.Read())
        {
            rules.Add(new SqliteLogRule(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)));
        }

        return rules;
    }
}
