using Tidings.Testing;

namespace Tidings.Sqlite.Tests.Inspecting;

public sealed class ImporterTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public static TheoryData<string?> Data { get; } = [(string?)"", (string?)null, "\n", "a\nb", "a\n", "\n\na", "data: x", " leading", "\U0001F600 \u2028 \0 \t", "{\"a\":1}"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Data))]
    public async Task What_is_read_from_one_log_and_imported_into_another_has_the_same_bytes(string? data)
    {
        await using var hub = new InspectedLog();
        await hub.PublishAsync(new ServerEvent(data), EventAudience.Everybody, "t");
        await hub.PublishAsync(
            new ServerEvent(data, "type", "id-of-mine") { Retry = TimeSpan.FromSeconds(3) }, EventAudience.Granted, "first", "second");
        using SqliteLogInspector source = hub.Inspect();

        var options = new SqliteLogOptions { Directory = _directory.Path };
        await using (SqliteLogImporter importer = SqliteLogImporter.Open(options, new FakeTimeProvider()))
        {
            await importer.AppendAsync(source.ReadAfter(0, 10).Events, InspectedLog.Cancellation);
        }

        await hub.CloseAsync();
        Assert.Equal(await ReadAsync(new SqliteLogOptions { Directory = hub.Directory }), await ReadAsync(options));
    }

    [Fact]
    public async Task Types_and_ids_that_no_publisher_can_use_are_refused_and_nothing_is_stored()
    {
        await using SqliteLogImporter importer = SqliteLogImporter.Open(new SqliteLogOptions { Directory = _directory.Path }, new FakeTimeProvider());
        StoredEvent good = Event(new ServerEvent("x"));

        foreach (StoredEvent bad in (StoredEvent[])[Event(new ServerEvent("x", "tidings-gap")), Event(new ServerEvent("x", id: "earliest")), good with { Topics = [] }])
        {
            Assert.NotNull(SqliteLogImporter.Complaint(bad));
            await Assert.ThrowsAsync<ArgumentException>(() => importer.AppendAsync([good, bad]));
        }

        Assert.Null(SqliteLogImporter.Complaint(good));
        using SqliteLogInspector inspector = SqliteLogInspector.Open(_directory.Path);
        Assert.Equal(0, inspector.ReadStatistics().Last);
    }

    private static StoredEvent Event(ServerEvent content) => new(Sequence: 0, DateTimeOffset.UnixEpoch, IsPrivate: false, [Topic.Of("t")], content);

    private static async Task<List<string>> ReadAsync(SqliteLogOptions options)
    {
        await using SqliteEventLog log = SqliteEventLog.Open(options, new FakeTimeProvider());
        LogPage page = await log.ReadAsync(0, new PageLimit(10, int.MaxValue), InspectedLog.Cancellation);
        return [.. page.Events.Select(logged =>
            $"{logged.Sequence} {logged.Content.PublishedAt:O} {logged.Content.IsPrivate} {logged.Content.PublisherId} {string.Join('|', logged.Content.Topics.ToArray())} {Convert.ToHexString(logged.Content.Body.Span)}")];
    }
}
