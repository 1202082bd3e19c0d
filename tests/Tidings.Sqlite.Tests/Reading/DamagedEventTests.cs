namespace Tidings.Sqlite.Tests.Reading;

public sealed class DamagedEventTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("1", 1)]
    [InlineData("3", 2)]
    [InlineData("2, 3", 2)]
    [InlineData("1, 2, 3", 3)]
    [InlineData("1, 2, 3, 4, 5", 2)]
    [InlineData("5", 3)]
    [InlineData("2, 4", 100)]
    public async Task Readers_are_told_of_what_is_damaged_and_of_nothing_else(string damaged, int pageEvents)
    {
        await using SqliteEventLog log = Logs.Open(_directory.Path);
        await Logs.AppendAsync(log, 1, 2, 3, 4, 5, 6, 7);
        Damage(damaged);

        (List<int> read, List<long> told) = await ReadAsync(log, pageEvents);

        int[] expected = [.. damaged.Split(", ").Select(one => int.Parse(one, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(Enumerable.Range(1, 7).Except(expected), read);
        Assert.Equal(expected, told.Select(sequence => (int)sequence));
    }

    // What a page does not hold and its floor tells is told.
    private static async Task<(List<int> Read, List<long> Told)> ReadAsync(SqliteEventLog log, int pageEvents)
    {
        var read = new List<int>();
        var told = new List<long>();
        long after = 0;
        while (after < 7)
        {
            LogPage page = await log.ReadAsync(after, new PageLimit(pageEvents, int.MaxValue), Cancellation);
            Assert.True(page.Through > after);
            for (long sequence = after + 1; sequence < page.Floor; sequence++)
            {
                told.Add(sequence);
            }

            read.AddRange(Logs.Numbers(page.Events));
            after = page.Through;
        }

        return (read, told);
    }

    private void Damage(string sequences)
    {
        using Microsoft.Data.Sqlite.SqliteConnection connection = Connections.OpenWriter(_directory.Database, Durability.Disk);
        connection.Execute($"UPDATE event SET body = x'00' WHERE sequence IN ({sequences})");
    }
}
