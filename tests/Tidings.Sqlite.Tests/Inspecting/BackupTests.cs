using System.Text;

namespace Tidings.Sqlite.Tests.Inspecting;

public sealed class BackupTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Destination => Path.Combine(_directory.Path, "backup");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_cursor_from_after_the_backup_is_told_a_gap_by_what_was_restored()
    {
        await using var hub = new InspectedLog();
        await hub.PublishAsync("t", "before");
        using (SqliteLogInspector inspector = hub.Inspect())
        {
            Assert.Equal(1, inspector.Backup(Destination));
        }

        string lost = await hub.PublishAsync("t", "after");

        await using SqliteEventLog restored = SqliteEventLog.Open(new SqliteLogOptions { Directory = Destination }, hub.Time);
        await using var broker = new Broker(new BrokerOptions(), restored, hub.Time);

        // Another event now stands at the sequence of the one that was lost: without a life of its own the log would resume after it in silence.
        await broker.PublishAsync("t", "another", InspectedLog.Cancellation);
        await using Subscriber subscriber = await broker.SubscribeAsync(
            new SubscribeOptions(TopicMatcher.All) { StartAt = StartAt.After(lost), AfterGap = AfterGap.ReplayRetained }, InspectedLog.Cancellation);

        Assert.Equal(GapReason.Epoch, subscriber.StartGap?.Reason);
        string frames = await ReadAsync(subscriber, frames: 3);
        Assert.Contains("event: tidings-gap\n", frames, StringComparison.Ordinal);
        Assert.Contains("data: before\n", frames, StringComparison.Ordinal);
        Assert.Contains("data: another\n", frames, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_holds_everything_that_was_committed_and_nothing_that_retention_has_taken()
    {
        await using var hub = new InspectedLog(options => options.Retention.MaxEvents = 2);
        foreach (string data in (string[])["forgotten", "kept", "newest"])
        {
            await hub.PublishAsync("t", data);
        }

        using SqliteLogInspector inspector = hub.Inspect();
        Assert.Equal(2, inspector.Backup(Destination));

        using SqliteLogInspector copy = SqliteLogInspector.Open(Destination);
        SqliteLogStatistics original = inspector.ReadStatistics();
        SqliteLogStatistics copied = copy.ReadStatistics();
        Assert.Equal(
            original with
            {
                Directory = Destination,
                IsInUse = false,
                DatabaseBytes = copied.DatabaseBytes,
                WriteAheadBytes = copied.WriteAheadBytes,
                Epoch = copied.Epoch,
                Rules = copied.Rules,
            },
            copied);
        Assert.NotEqual(original.Epoch, copied.Epoch);
        Assert.Empty(copied.Rules);
        Assert.Empty(copy.Verify().Problems);
        Assert.Equal(-1, File.ReadAllBytes(Path.Combine(Destination, "log.db")).AsSpan().IndexOf("forgotten"u8));
    }

    [Fact]
    public async Task A_backup_is_one_file_for_its_owner_alone()
    {
        await using var hub = new InspectedLog();
        await hub.PublishAsync("t", "x");
        using SqliteLogInspector inspector = hub.Inspect();

        inspector.Backup(Destination);

        string file = Assert.Single(Directory.GetFileSystemEntries(Destination));
        Assert.Equal("log.db", Path.GetFileName(file));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Destination));
        }
    }

    [Fact]
    public async Task A_directory_with_something_in_it_is_refused_and_left_alone()
    {
        await using var hub = new InspectedLog();
        using SqliteLogInspector inspector = hub.Inspect();
        string mine = Path.Combine(_directory.Path, "mine.txt");
        File.WriteAllText(mine, "mine");

        EventLogException refused = Assert.Throws<EventLogException>(() => inspector.Backup(_directory.Path));

        Assert.Contains("is not empty", refused.Message, StringComparison.Ordinal);
        Assert.Equal([mine], Directory.GetFileSystemEntries(_directory.Path));
        Assert.Contains("is not empty", Assert.Throws<EventLogException>(() => inspector.Backup(mine)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_of_a_damaged_log_fails_and_leaves_no_half_of_one()
    {
        await using var hub = new InspectedLog();
        await hub.PublishAsync("t", "x");
        await hub.DamageAsync("UPDATE meta SET last = 0");
        using SqliteLogInspector inspector = hub.Inspect();

        Assert.Throws<EventLogException>(() => inspector.Backup(Destination));

        Assert.DoesNotContain(Directory.GetFileSystemEntries(Destination), path => path.EndsWith("log.db", StringComparison.Ordinal) || path.EndsWith(".partial", StringComparison.Ordinal));
    }

    private static async Task<string> ReadAsync(Subscriber subscriber, int frames)
    {
        var text = new StringBuilder();
        while (frames > 0 && await subscriber.WaitToReadAsync())
        {
            while (subscriber.TryRead(out ReadOnlyMemory<byte> frame))
            {
                text.Append(Encoding.UTF8.GetString(frame.Span));
                frames--;
            }
        }

        return text.ToString();
    }
}
