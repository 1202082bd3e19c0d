using Microsoft.Data.Sqlite;

namespace Tidings.Sqlite.Tests;

public sealed class UnreadableRowTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("meta", "id_key   BLOB    NOT NULL", "UPDATE meta SET id_key = NULL")]
    [InlineData("rule", "floor    INTEGER NOT NULL", "INSERT INTO rule (matcher, events, bytes, checksum) VALUES ('t', 0, 0, 0)")]
    public async Task A_row_that_is_not_of_the_form_that_was_written_is_told_as_damage(string table, string column, string damage)
    {
        SqliteLogOptions options = new() { Directory = _directory.Path };
        await SqliteEventLog.Open(options, TimeProvider.System).DisposeAsync();
        Execute($"PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, '{column}', replace('{column}', 'NOT NULL', '')) WHERE name = '{table}'");
        Execute(damage);

        EventLogException refused = Assert.Throws<EventLogException>(() => SqliteEventLog.Open(options, TimeProvider.System));

        Assert.Contains("is damaged", refused.Message, StringComparison.Ordinal);
        Assert.Contains("tidings log verify", refused.Message, StringComparison.Ordinal);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.Database};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
