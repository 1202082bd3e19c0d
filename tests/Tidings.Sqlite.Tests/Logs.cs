using System.Text;
using Tidings.Testing;

namespace Tidings.Sqlite.Tests;

/// <summary>Short ways to open a log, to write to it, and to read it.</summary>
internal static class Logs
{
    public static readonly PageLimit Everything = new(int.MaxValue, int.MaxValue);

    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Opens the log at a clock that stands still.</summary>
    public static SqliteEventLog Open(string directory, Durability durability = Durability.Disk) =>
        SqliteEventLog.Open(new SqliteLogOptions { Directory = directory, Durability = durability }, new FakeTimeProvider());

    public static PendingEvent Event(string data, string topic = "t") =>
        new([Topic.Of(topic)], Encoding.UTF8.GetBytes($"data: {data}\n"), tag: 1, Noon);

    /// <summary>Appends one event for each number.</summary>
    public static async Task<IReadOnlyList<AppendResult>> AppendAsync(IEventLog log, params int[] numbers) =>
        await log.AppendAsync([.. numbers.Select(number => Event($"{number}"))], TestContext.Current.CancellationToken);

    /// <summary>The numbers of the events that <see cref="AppendAsync"/> has appended, as the log tells them.</summary>
    public static async Task<IEnumerable<int>> NumbersAsync(IEventLog log) =>
        Numbers((await log.ReadAsync(0, Everything, TestContext.Current.CancellationToken)).Events);

    public static IEnumerable<int> Numbers(IEnumerable<LoggedEvent> events) =>
        events.Select(logged => int.Parse(Encoding.UTF8.GetString(logged.Content.Body.Span)["data: ".Length..], System.Globalization.CultureInfo.InvariantCulture));
}
