using Microsoft.Data.Sqlite;

namespace Tidings.Sqlite.Tests.Reading;

/// <summary>The ids that publishers chose are found however old they are, without reading the log.</summary>
public sealed class PublisherIdTests
{
    [Fact]
    public async Task An_id_is_looked_up_in_its_index()
    {
        await using var test = new TestLog();
        await AppendAsync(test, "mine");
        using SqliteConnection connection = Connections.OpenReader(test.Database);
        using SqliteCommand command = connection.Prepare($"EXPLAIN QUERY PLAN SELECT sequence, body FROM event WHERE {PageReader.IsFirstOfId.Replace("?", "$id", StringComparison.Ordinal)}", "$id");
        command.Parameters[0].Value = "mine";

        var plan = new List<string>();
        using (SqliteDataReader reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                plan.Add(reader.GetString(3));
            }
        }

        // Searches alone: no scan, and no sorting.
        Assert.Contains(plan, step => step.EndsWith("USING COVERING INDEX event_publisher_id (publisher_id=?)", StringComparison.Ordinal));
        Assert.DoesNotContain(plan, step => step.Contains("SCAN", StringComparison.Ordinal) || step.Contains("B-TREE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_earliest_use_of_an_id_wins_across_batches()
    {
        await using var test = new TestLog();
        await test.AppendAsync("news", "a");
        await AppendAsync(test, "mine");
        await AppendAsync(test, "other");
        await AppendAsync(test, "mine");

        Assert.Equal(2, await FindAsync(test, "mine"));
        Assert.Equal(3, await FindAsync(test, "other"));
    }

    [Fact]
    public async Task When_the_earliest_use_was_removed_the_next_one_that_is_kept_is_found()
    {
        await using var test = new TestLog(options => options.Retention.MaxAge = TimeSpan.FromHours(1));
        for (int i = 0; i < 3; i++)
        {
            await AppendAsync(test, "mine");
            test.Time.Advance(TimeSpan.FromMinutes(40));
        }

        await test.Log.PruneAsync(TestLog.Cancellation);
        Assert.Equal(3, await FindAsync(test, "mine"));

        test.Time.Advance(TimeSpan.FromHours(1));
        await test.Log.PruneAsync(TestLog.Cancellation);
        Assert.Null(await FindAsync(test, "mine"));
    }

    [Fact]
    public async Task When_a_topics_own_bound_removed_the_earliest_use_the_next_one_is_found()
    {
        await using var test = new TestLog(options => options.TopicRetention.Add(new TopicRetention { Matcher = "news", MaxEvents = 1 }));
        await AppendAsync(test, "mine");
        await AppendAsync(test, "other");
        await test.AppendAsync(TestLog.Event("weather", "a", test.Time.GetUtcNow(), "mine"));

        Assert.Equal(3, await FindAsync(test, "mine"));
        Assert.Equal(2, await FindAsync(test, "other"));
    }

    [Fact]
    public async Task An_id_is_found_among_many_events_and_after_a_restart()
    {
        await using var test = new TestLog();
        await AppendAsync(test, "Überraschung");
        await test.FillAsync("news", 5000);
        await AppendAsync(test, "Überraschung");

        await test.ReopenAsync();

        Assert.Equal(1, await FindAsync(test, "Überraschung"));
    }

    [Theory]
    [InlineData("publisher_id = 'forged'", "forged")]
    [InlineData("body = x'00'", "mine")]
    public async Task An_id_that_leads_to_a_row_that_is_not_what_was_written_is_not_found(string damage, string id)
    {
        await using var test = new TestLog();
        await AppendAsync(test, "mine");
        using (SqliteConnection connection = Connections.OpenWriter(test.Database, Durability.Memory))
        {
            connection.Execute($"UPDATE event SET {damage}");
        }

        Assert.Null(await FindAsync(test, id));
        using SqliteLogInspector inspector = SqliteLogInspector.Open(test.Directory);
        Assert.Null(inspector.Find(id));
    }

    private static Task<AppendResult> AppendAsync(TestLog test, string id) =>
        test.AppendAsync(TestLog.Event("news", "a", test.Time.GetUtcNow(), id));

    private static async Task<long?> FindAsync(TestLog test, string id) => await test.Log.FindAsync(SseId.Of(id), TestLog.Cancellation);
}
