using System.Text;
using Tidings.Testing;

namespace Tidings.Sqlite.Tests;

/// <summary>How a log ends.</summary>
public enum Ending
{
    /// <summary>In order.</summary>
    Closed,

    /// <summary>With its process, between two instructions.</summary>
    Killed,
}

/// <summary>A log in a directory of its own, on a clock that the test moves, and short ways to fill, reopen and read it.</summary>
internal sealed class TestLog : IAsyncDisposable
{
    /// <summary>How many bytes of a body are not its data.</summary>
    public const int FrameBytes = 7;

    public static readonly PageLimit Everything = new(int.MaxValue, int.MaxValue);

    private readonly TestDirectory _directory;

    public TestLog(Action<SqliteLogOptions>? configure = null)
        : this(new TestDirectory(), new FakeTimeProvider(), configure)
    {
    }

    private TestLog(TestDirectory directory, FakeTimeProvider time, Action<SqliteLogOptions>? configure)
    {
        _directory = directory;
        Time = time;
        Log = Open(configure);
    }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public FakeTimeProvider Time { get; }

    /// <summary>The log as it was opened last.</summary>
    public SqliteEventLog Log { get; private set; }

    public string Directory => _directory.Path;

    public string Database => _directory.Database;

    /// <summary>An event of one topic, whose body is <paramref name="data"/> and <see cref="FrameBytes"/> more.</summary>
    public static PendingEvent Event(string topic, string data, DateTimeOffset at, string? publisherId = null, ulong tag = 1) =>
        new([topic], Encoding.UTF8.GetBytes($"data: {data}\n"), tag, at, isPrivate: false, publisherId is null ? null : new SseId?(SseId.Of(publisherId)));

    /// <summary>Closes the log in order and opens it with other settings.</summary>
    public async Task ReopenAsync(Action<SqliteLogOptions>? configure = null)
    {
        await Log.DisposeAsync();
        Log = Open(configure);
    }

    /// <summary>Ends the log and opens what is left of it, in a directory of its own: after a crash that is the files as they were while it was open.</summary>
    public async Task<TestLog> EndAsync(Ending ending, Action<SqliteLogOptions>? configure = null)
    {
        if (ending == Ending.Closed)
        {
            await Log.DisposeAsync();
        }

        var copy = new TestDirectory();
        foreach (string name in (string[])["log.db", "log.db-wal"])
        {
            if (File.Exists(Path.Combine(Directory, name)))
            {
                File.Copy(Path.Combine(Directory, name), Path.Combine(copy.Path, name));
            }
        }

        return new TestLog(copy, Time, configure);
    }

    public PendingEvent Event(string topic, string data) => Event(topic, data, Time.GetUtcNow());

    public async Task<AppendResult> AppendAsync(PendingEvent pending) => Assert.Single(await Log.AppendAsync([pending], Cancellation));

    /// <summary>Stores events of one topic in one batch.</summary>
    public async Task<IReadOnlyList<AppendResult>> AppendAsync(string topic, params string[] data) =>
        await Log.AppendAsync([.. data.Select(one => Event(topic, one))], Cancellation);

    /// <summary>Stores the events 1 to <paramref name="count"/> of one topic, in batches.</summary>
    public async Task FillAsync(string topic, int count)
    {
        for (int first = 1; first <= count; first += 500)
        {
            await AppendAsync(topic, [.. Enumerable.Range(first, Math.Min(500, count - first + 1)).Select(number => $"{number}")]);
        }
    }

    public async Task<LogPage> ReadAsync(long after = 0) => await Log.ReadAsync(after, Everything, Cancellation);

    /// <summary>The sequences of what is stored.</summary>
    public async Task<List<long>> StoredAsync() => [.. (await ReadAsync()).Events.Select(logged => logged.Sequence)];

    public async Task<LogPosition> PositionAsync() => await Log.GetPositionAsync(Cancellation);

    /// <summary>Where the log begins for each topic of which less is kept, as a reader and whoever asks for the position are told.</summary>
    public async Task<Dictionary<string, long>> FloorsAsync()
    {
        Dictionary<string, long> told = ToDictionary((await PositionAsync()).TopicFloors);
        Assert.Equal(told.OrderBy(floor => floor.Key), ToDictionary((await ReadAsync()).TopicFloors).OrderBy(floor => floor.Key));
        return told;
    }

    /// <summary>Fails unless the log agrees with itself: counts, sums, floors, checksums.</summary>
    public void AssertSound()
    {
        using SqliteLogInspector inspector = SqliteLogInspector.Open(Directory);
        Assert.Empty(inspector.Verify().Problems);
    }

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        _directory.Dispose();
    }

    private static Dictionary<string, long> ToDictionary(IReadOnlyList<TopicFloor> floors) =>
        floors.ToDictionary(floor => floor.Matcher.ToString(), floor => floor.Floor);

    private SqliteEventLog Open(Action<SqliteLogOptions>? configure)
    {
        var options = new SqliteLogOptions { Directory = _directory.Path };
        configure?.Invoke(options);
        return SqliteEventLog.Open(options, Time);
    }
}
