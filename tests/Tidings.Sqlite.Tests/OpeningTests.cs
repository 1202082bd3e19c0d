using Microsoft.Data.Sqlite;

namespace Tidings.Sqlite.Tests;

public sealed class OpeningTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_empty_file_becomes_a_log()
    {
        File.WriteAllText(_directory.Database, "");

        await using (SqliteEventLog log = Logs.Open(_directory.Path))
        {
            await Logs.AppendAsync(log, 1);
        }

        using SqliteConnection connection = Connections.OpenReader(_directory.Database);
        Assert.Equal(1, Schema.Check(connection, _directory.Database));
    }

    [Fact]
    public async Task A_log_of_a_newer_version_is_refused_and_not_touched()
    {
        await MakeLogAsync();
        Change("PRAGMA user_version = 99");

        Assert.Equal(
            $"{_directory.Database} was written by a newer version of Tidings (its schema is 99, and this program knows up to 1). Use that version, or choose another directory (--data). Nothing was changed.",
            Refused());
    }

    [Theory]
    [InlineData("CREATE TABLE note (text TEXT)")]
    [InlineData("PRAGMA journal_mode = WAL; CREATE TABLE note (text TEXT)")]
    [InlineData("CREATE TABLE meta (last INTEGER); PRAGMA user_version = 1")]
    [InlineData("PRAGMA user_version = 7")]
    public void A_database_of_another_program_is_refused_and_not_touched(string sql)
    {
        Change(sql);

        Assert.Equal($"{_directory.Database} is an SQLite database, but not a log of Tidings. Choose another directory (--data).", Refused());
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_and_not_touched()
    {
        File.WriteAllText(_directory.Database, new string('x', 10_000));

        string message = Refused();

        Assert.Contains("is damaged", message, StringComparison.Ordinal);
        Assert.Contains("\"tidings log verify\"", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE meta SET last = last - 1")]
    [InlineData("UPDATE meta SET last = last + 1")]
    [InlineData("UPDATE meta SET floor = floor + 1")]
    [InlineData("UPDATE meta SET epoch = epoch + 1")]
    [InlineData("UPDATE meta SET id_key = x'00'")]
    [InlineData("UPDATE meta SET last = 'many'")]
    [InlineData("DELETE FROM meta")]
    [InlineData("DELETE FROM meta; DELETE FROM event")]
    [InlineData("DROP TABLE meta")]
    public async Task A_log_that_does_not_know_where_it_ends_is_refused_and_not_touched(string damage)
    {
        await MakeLogAsync();
        Change(damage);

        string message = Refused();

        Assert.StartsWith($"The log {_directory.Database} ", message, StringComparison.Ordinal);
        Assert.Contains("\"tidings log verify\"", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("floor = floor - 1")]
    [InlineData("floor = 0")]
    [InlineData("events = events + 1")]
    [InlineData("bytes = bytes + 1")]
    [InlineData("id = id + 1")]
    [InlineData("matcher = 'fex'")]
    [InlineData("matcher = ''")]
    [InlineData("checksum = checksum + 1")]
    [InlineData("floor = 'low'")]
    public async Task A_log_with_a_damaged_retention_rule_is_refused_and_not_touched(string damage)
    {
        var options = new SqliteLogOptions { Directory = _directory.Path };
        options.TopicRetention.Add(new TopicRetention { Matcher = "few", MaxEvents = 2 });
        await using (SqliteEventLog log = SqliteEventLog.Open(options, TimeProvider.System))
        {
            await log.AppendAsync([.. Enumerable.Range(1, 5).Select(number => Logs.Event($"{number}", "few"))], Cancellation);
        }

        Change($"UPDATE rule SET {damage}");

        string message = Refused();
        Assert.Contains("is damaged", message, StringComparison.Ordinal);
        Assert.Contains("\"tidings log verify\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_holds_another_number_of_events_than_it_says_is_refused_and_not_touched()
    {
        await MakeLogAsync();
        Change("DELETE FROM event WHERE sequence = 2");

        Assert.Contains("it holds another number of events than it says", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_with_a_broken_page_is_refused_and_not_touched()
    {
        await MakeLogAsync();
        byte[] bytes = File.ReadAllBytes(_directory.Database);
        int place = bytes.AsSpan().IndexOf("data: 2"u8);
        bytes[place / 4096 * 4096] = 0xFF;
        File.WriteAllBytes(_directory.Database, bytes);

        Assert.Contains("\"tidings log verify\"", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_that_could_not_be_made_is_made_by_the_next_start()
    {
        File.WriteAllText(_directory.Database, "");
        using (SqliteConnection connection = Connections.OpenWriter(_directory.Database, Durability.Disk))
        {
            // Enough for the first of the tables alone.
            connection.Execute("PRAGMA max_page_count = 3");
            Assert.Throws<SqliteException>(() => Schema.Migrate(connection, _directory.Database));
            Assert.Equal(0, connection.ReadNumber("SELECT count(*) FROM sqlite_master"));
            Assert.Equal(0, Schema.Check(connection, _directory.Database));
        }

        await using SqliteEventLog log = Logs.Open(_directory.Path);
        await Logs.AppendAsync(log, 1);
        Assert.Equal([1], await Logs.NumbersAsync(log));
    }

    [Fact]
    public async Task After_everything_was_pruned_the_log_still_knows_where_it_ends()
    {
        var options = new SqliteLogOptions { Directory = _directory.Path, Retention = new() { MaxEvents = 0 } };
        LogPosition before;
        await using (SqliteEventLog log = SqliteEventLog.Open(options, TimeProvider.System))
        {
            await Logs.AppendAsync(log, 1, 2, 3);
            await log.PruneAsync(Cancellation);
            before = await log.GetPositionAsync(Cancellation);
        }

        await using SqliteEventLog reopened = Logs.Open(_directory.Path);

        LogPosition after = await reopened.GetPositionAsync(Cancellation);
        Assert.Equal((before.Epoch, 4L, 3L), (after.Epoch, after.Floor, after.Last));
        Assert.Equal(4, (await Logs.AppendAsync(reopened, 4))[0].Sequence);
    }

    private async Task MakeLogAsync()
    {
        await using SqliteEventLog log = Logs.Open(_directory.Path);
        await Logs.AppendAsync(log, 1, 2, 3);
    }

    private void Change(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.Database};Pooling=False");
        connection.Open();
        connection.Execute(sql);
    }

    // Tells the reason, and that the file is the same afterwards.
    private string Refused()
    {
        byte[] before = File.ReadAllBytes(_directory.Database);
        EventLogException refused = Assert.Throws<EventLogException>(() => Logs.Open(_directory.Path));
        Assert.Equal(before, File.ReadAllBytes(_directory.Database));
        Assert.False(LogFiles.IsInUse(_directory.Path));
        return refused.Message;
    }
}
