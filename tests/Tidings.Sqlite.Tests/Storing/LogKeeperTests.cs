using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Tidings.Testing;

namespace Tidings.Sqlite.Tests.Storing;

/// <summary>What goes on while the store is closed after a failure.</summary>
public sealed class LogKeeperTests
{
    [Fact]
    public void Tidying_up_while_the_store_is_closed_does_nothing_and_storing_goes_on_afterwards()
    {
        using var directory = new TestDirectory();
        using var files = LogFiles.Open(directory.Path);
        var options = new SqliteLogOptions { Directory = directory.Path };
        var time = new FakeTimeProvider();
        LogStore store = Opening.OpenStore(files, options);
        var followers = new Followers(store.State.Position);
        using var readers = new ReaderPool(files.Database, size: 1, NullLogger.Instance);
        using var keeper = new LogKeeper(files, options, store, followers, readers, time, NullLogger.Instance);
        PendingEvent[] batch = [TestLog.Event("news", "a", time.GetUtcNow())];
        keeper.Append(batch);

        Execute(files, "ALTER TABLE event RENAME TO hidden");
        Assert.Throws<EventLogException>(() => keeper.Append(batch));
        Assert.False(keeper.Maintain()); // the first time after a batch leaves the write-ahead log alone
        Assert.False(keeper.Maintain());
        Execute(files, "ALTER TABLE hidden RENAME TO event");

        Assert.Equal(2, Assert.Single(keeper.Append(batch)).Sequence);
        Assert.Equal(2, followers.Position.Last);
    }

    private static void Execute(LogFiles files, string sql)
    {
        using SqliteConnection connection = Connections.OpenWriter(files.Database, Durability.Memory);
        connection.Execute(sql);
    }
}
