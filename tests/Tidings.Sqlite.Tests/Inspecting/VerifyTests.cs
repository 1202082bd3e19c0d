using System.Text;

namespace Tidings.Sqlite.Tests.Inspecting;

public sealed class VerifyTests
{
    [Fact]
    public async Task A_log_is_sound_while_it_is_in_use_and_after_it_was_pruned()
    {
        await using InspectedLog hub = await WithRulesAsync();

        using SqliteLogInspector inspector = hub.Inspect();
        SqliteLogVerification found = inspector.Verify(cancellationToken: InspectedLog.Cancellation);

        Assert.Empty(found.Problems);
        Assert.Equal((5L, 0L), (found.Events, found.FurtherProblems));
    }

    [Theory]
    [InlineData("UPDATE event SET body = 'x' WHERE sequence = 3", "Event 3 is not what was written")]
    [InlineData("UPDATE event SET tag = tag + 1 WHERE sequence = 4", "Event 4 is not what was written")]
    [InlineData("DELETE FROM event WHERE sequence = 4", "The log counts 5 events with 40 bytes, and holds 4 with 32.")]
    [InlineData("DELETE FROM event WHERE sequence = 7", "The rule for \"few\" counts 2 events with 16 bytes, and holds 1 with 8.")]
    [InlineData("DELETE FROM event WHERE rule <> 0", "The rule for \"few\" counts 2 events with 16 bytes, and holds none.")]
    [InlineData("UPDATE rule SET events = 9", "The rule for \"few\" counts 9 events with 16 bytes, and holds 2 with 16.")]
    [InlineData("UPDATE rule SET floor = 7", "Event 6 is stored, but the floor of \"few\" is 7")]
    [InlineData("UPDATE rule SET floor = 5", "The rule for \"few\" is not what was written")]
    [InlineData("UPDATE rule SET matcher = 'fex'", "The rule for \"fex\" is not what was written")]
    [InlineData("UPDATE rule SET matcher = ''", "A retention rule has no matcher that makes sense.")]
    [InlineData("DELETE FROM rule", "2 events belong to the retention rule 1, which does not exist.")]
    [InlineData("UPDATE meta SET last = last - 1", "it contradicts itself about where it ends")]
    [InlineData("UPDATE meta SET floor = 2", "it contradicts itself about where it ends")]
    [InlineData("DELETE FROM meta", "The log does not say where it ends: its row is missing.")]
    [InlineData("INSERT INTO idempotency VALUES (x'00', x'00', 99, 1, 1)", "1 idempotency keys belong to events after the end of the log (7).")]
    [InlineData(
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, '(publisher_id, ', '(tag, ') WHERE name = 'event_publisher_id'",
        "event_publisher_id")]
    public async Task Damage_is_told(string damage, string expected)
    {
        await using InspectedLog hub = await WithRulesAsync();
        await hub.DamageAsync(damage);

        using SqliteLogInspector inspector = hub.Inspect();

        Assert.Contains(inspector.Verify().Problems, problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Problems_beyond_the_first_hundred_are_counted()
    {
        await using var hub = new InspectedLog();
        for (int i = 0; i < 150; i++)
        {
            await hub.PublishAsync("t", "x");
        }

        await hub.DamageAsync("UPDATE event SET body = x'00'");

        using SqliteLogInspector inspector = hub.Inspect();
        SqliteLogVerification found = inspector.Verify();

        // Every event, and the bytes that are counted.
        Assert.Equal((SqliteLogVerification.MaxProblems, 51L, 0L), (found.Problems.Count, found.FurtherProblems, found.Events));
    }

    [Fact]
    public async Task What_is_readable_of_a_file_with_a_broken_page_is_still_read()
    {
        await using var hub = new InspectedLog();
        for (int i = 1; i <= 40; i++)
        {
            await hub.PublishAsync("t", $"event {i:00} {new string('x', 1000)}");
        }

        await hub.CloseAsync();
        BreakPageWith("event 20", Path.Combine(hub.Directory, "log.db"));

        using SqliteLogInspector inspector = hub.Inspect();
        SqliteLogPage page = inspector.ReadAfter(0, 100);
        SqliteLogVerification found = inspector.Verify();

        Assert.Contains(20, page.Unreadable);
        Assert.True(page.Unreadable.Count < 10);
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), page.Events.Select(stored => stored.Sequence).Concat(page.Unreadable).Order());
        Assert.Equal(page.Events.Count, found.Events);
        Assert.NotEmpty(found.Problems);
    }

    // Five events are stored: 1, 3 and 4 under no rule, 6 and 7 under that for "few", which has taken 2 and 5.
    private static async Task<InspectedLog> WithRulesAsync()
    {
        var hub = new InspectedLog(options => options.TopicRetention.Add(new TopicRetention { Matcher = "few", MaxEvents = 2 }));
        await hub.PublishAsync(new ServerEvent("1", id: "mine"), EventAudience.Everybody, "t");
        foreach (string topic in (string[])["few", "t", "t", "few", "few", "few"])
        {
            await hub.PublishAsync(topic, "x");
        }

        return hub;
    }

    // The first byte of a page says what kind of page it is.
    private static void BreakPageWith(string text, string path)
    {
        const int PageBytes = 4096;
        byte[] bytes = File.ReadAllBytes(path);
        int place = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text));
        bytes[place / PageBytes * PageBytes] = 0xFF;
        File.WriteAllBytes(path, bytes);
    }
}
