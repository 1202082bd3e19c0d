using System.Security.Cryptography;

namespace Tidings.Sqlite.Tests.Inspecting;

public sealed class InspectorTests
{
    [Fact]
    public async Task Statistics_of_a_log_in_use_tell_what_it_holds()
    {
        await using var hub = new InspectedLog(options => options.TopicRetention.Add(new TopicRetention { Matcher = "latest", Keep = Keep.Latest }));
        DateTimeOffset first = hub.Time.GetUtcNow();
        await hub.PublishAsync("news", "a");
        hub.Time.Advance(TimeSpan.FromMinutes(1));
        await hub.PublishAsync("latest", "b");
        await hub.PublishAsync("latest", "c");

        using SqliteLogInspector inspector = hub.Inspect();
        SqliteLogStatistics log = inspector.ReadStatistics();

        Assert.Equal((hub.Directory, true, 2L, 16L), (log.Directory, log.IsInUse, log.Events, log.Bytes));
        Assert.Equal((1L, 3L, 0L, 1), (log.Floor, log.Last, log.IdempotencyKeys, log.SchemaVersion));
        Assert.Equal(new SqliteLogPlace(1, first), log.Oldest);
        Assert.Equal(new SqliteLogPlace(3, first.AddMinutes(1)), log.Newest);
        Assert.Equal([new SqliteLogRule("latest", 0, 1, 8)], log.Rules);
        Assert.True(log.DatabaseBytes > 0 && log.WriteAheadBytes > 0);
    }

    [Fact]
    public async Task A_log_that_was_closed_is_in_use_by_nobody()
    {
        await using var hub = new InspectedLog();
        await hub.CloseAsync();

        using SqliteLogInspector inspector = hub.Inspect();

        Assert.False(inspector.IsInUse);
        SqliteLogStatistics log = inspector.ReadStatistics();
        Assert.Equal((0L, 0L, null, null), (log.Events, log.Last, log.Oldest, log.Newest));
    }

    [Fact]
    public async Task Events_are_read_as_they_were_published()
    {
        await using var hub = new InspectedLog();
        var content = new ServerEvent("one\n\ntwo \U0001F600\n", "paid", "mine") { Retry = TimeSpan.FromMilliseconds(1500) };
        await hub.PublishAsync(content, EventAudience.Granted, "a", "b");

        using SqliteLogInspector inspector = hub.Inspect();
        SqliteLogPage page = inspector.ReadAfter(0, 10);

        StoredEvent stored = Assert.Single(page.Events);
        Assert.Equal(content, stored.Content);
        Assert.Equal((1L, true, hub.Time.GetUtcNow()), (stored.Sequence, stored.IsPrivate, stored.PublishedAt));
        Assert.Equal(["a", "b"], stored.Topics.Select(topic => topic.Value));
        Assert.Null(page.Next);
    }

    [Fact]
    public async Task Pages_lead_through_the_log_in_both_directions()
    {
        await using var hub = new InspectedLog();
        for (int i = 1; i <= 5; i++)
        {
            await hub.PublishAsync("t", $"{i}");
        }

        using SqliteLogInspector inspector = hub.Inspect();

        Assert.Equal([1, 2, 3, 4, 5], Walk(0, after => inspector.ReadAfter(after, 2)));
        Assert.Equal([5, 4, 3, 2, 1], Walk(long.MaxValue, before => inspector.ReadBefore(before, 2)));
    }

    [Fact]
    public async Task A_page_of_large_events_ends_early_and_leads_on()
    {
        await using var hub = new InspectedLog();
        for (int i = 0; i < 4; i++)
        {
            await hub.PublishAsync("t", new string('x', 200 * 1024));
        }

        using SqliteLogInspector inspector = hub.Inspect();

        Assert.Equal([1, 2], inspector.ReadAfter(0, 100).Events.Select(stored => stored.Sequence));
        Assert.Equal([1, 2, 3, 4], Walk(0, after => inspector.ReadAfter(after, 100)));
    }

    [Fact]
    public async Task An_id_is_the_one_that_the_publisher_was_told_and_leads_back_to_its_event()
    {
        await using var hub = new InspectedLog();
        string ours = await hub.PublishAsync("t", "x");
        await hub.PublishAsync(new ServerEvent("y", id: "mine"), EventAudience.Everybody, "t");

        using SqliteLogInspector inspector = hub.Inspect();

        Assert.Equal([ours, "mine"], inspector.ReadAfter(0, 10).Events.Select(stored => inspector.IdOf(stored).Value));
        Assert.Equal((1L, 2L, null), (inspector.Find(ours), inspector.Find("mine"), inspector.Find("nobody's")));
    }

    [Fact]
    public async Task What_a_crash_has_left_is_read_whole_and_not_changed()
    {
        await using var hub = new InspectedLog();
        await hub.PublishAsync("t", "committed, and still in the write-ahead log alone");
        using var crashed = new TestDirectory();
        hub.CopyTo(crashed.Path);
        byte[][] before = [.. Hashes(crashed)];

        using (SqliteLogInspector inspector = SqliteLogInspector.Open(crashed.Path))
        {
            Assert.Single(inspector.ReadAfter(0, 10).Events);
            Assert.False(inspector.IsInUse);
            Assert.Empty(inspector.Verify().Problems);
        }

        Assert.Equal(before, Hashes(crashed));
    }

    [Fact]
    public async Task A_hub_goes_on_storing_and_checkpointing_beside_an_inspector()
    {
        await using var hub = new InspectedLog();
        await hub.PublishAsync("t", "1");
        using SqliteLogInspector inspector = hub.Inspect();
        Assert.Single(inspector.ReadAfter(0, 10).Events);

        await hub.PublishAsync("t", "2");
        Assert.Equal(2, inspector.ReadAfter(0, 10).Events.Count);
        await hub.CloseAsync();

        Assert.Equal(0, inspector.ReadStatistics().WriteAheadBytes);
        Assert.Equal(2, inspector.ReadAfter(0, 10).Events.Count);
    }

    [Fact]
    public void A_directory_that_is_missing_is_told_and_not_made()
    {
        using var directory = new TestDirectory();
        string missing = Path.Combine(directory.Path, "missing");

        Assert.Contains($"There is no directory {missing}.", Complaint(missing), StringComparison.Ordinal);
        Assert.False(Directory.Exists(missing));
        Assert.Contains("it has no file log.db", Complaint(directory.Path), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
    }

    [Fact]
    public void A_file_that_is_no_log_is_refused_in_a_sentence()
    {
        using var directory = new TestDirectory();
        File.WriteAllText(directory.Database, "");
        Assert.Contains("is empty: no hub has used it yet", Complaint(directory.Path), StringComparison.Ordinal);

        File.WriteAllText(directory.Database, new string('x', 8192));
        Assert.Contains("is damaged: ", Complaint(directory.Path), StringComparison.Ordinal);
    }

    private static string Complaint(string directory) => Assert.Throws<EventLogException>(() => SqliteLogInspector.Open(directory)).Message;

    private static IEnumerable<byte[]> Hashes(TestDirectory directory) =>
        [SHA256.HashData(File.ReadAllBytes(directory.Database)), SHA256.HashData(File.ReadAllBytes(directory.Database + "-wal"))];

    private static List<long> Walk(long start, Func<long, SqliteLogPage> read)
    {
        var sequences = new List<long>();
        for (long? next = start; next is { } from;)
        {
            SqliteLogPage page = read(from);
            sequences.AddRange(page.Events.Select(stored => stored.Sequence));
            next = page.Next;
        }

        return sequences;
    }
}
