namespace Tidings.Sqlite.Tests;

public sealed class SqliteLogOptionsTests
{
    public static TheoryData<Action<SqliteLogOptions>, string> BadValues => new()
    {
        { options => options.Directory = " ", "Directory is empty; name the directory of the log." },
        { options => options.Durability = Durability.Process, "Durability is Process; it must be Disk, Os or Memory." },
        { options => options.Durability = (Durability)77, "Durability is 77; it must be Disk, Os or Memory." },
        { options => options.IdempotencyWindow = TimeSpan.FromTicks(-1), "IdempotencyWindow is -00:00:00.0000001; it must be from 0 to 365 days." },
        { options => options.IdempotencyWindow = TimeSpan.FromDays(366), "IdempotencyWindow is 366.00:00:00; it must be from 0 to 365 days." },
        { options => options.MaxIdempotencyKeys = -1, "MaxIdempotencyKeys is -1; it must be at least 0." },
        { options => options.MaxReaders = 0, "MaxReaders is 0; it must be from 1 to 64." },
        { options => options.MaxReaders = 65, "MaxReaders is 65; it must be from 1 to 64." },
        { options => options.Retention.MaxAge = TimeSpan.FromSeconds(-1), "Retention:MaxAge is -00:00:01; it must be at least 0." },
        { options => options.Retention.MaxEvents = -1, "Retention:MaxEvents is -1; it must be at least 0." },
        { options => options.Retention.MaxBytes = -1, "Retention:MaxBytes is -1; it must be at least 0." },
        { options => Add(options, new TopicRetention { Matcher = "" }), "TopicRetention:0:Matcher is \"\". " },
        { options => Add(options, new TopicRetention { Matcher = "a", Keep = (Keep)9 }), "TopicRetention:0:Keep is 9; it must be All, Latest or None." },
        { options => Add(options, new TopicRetention { Matcher = "a", MaxEvents = -1 }), "TopicRetention:0:MaxEvents is -1; it must be at least 0." },
        {
            options => Add(options, new TopicRetention { Matcher = "a" }, new TopicRetention { Matcher = "a" }),
            "TopicRetention:1:Matcher is \"a\", which an entry before it has, too."
        },
        {
            options => Add(options, [.. Enumerable.Range(0, 1001).Select(i => new TopicRetention { Matcher = $"t{i}" })]),
            "TopicRetention has 1001 entries; it can have at most 1,000."
        },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(BadValues))]
    public void A_bad_value_is_named_with_what_it_may_be(Action<SqliteLogOptions> change, string expected)
    {
        var options = new SqliteLogOptions();
        change(options);

        Assert.StartsWith(expected, options.Complaint(), StringComparison.Ordinal);
        Assert.StartsWith(expected, Assert.Throws<ArgumentException>(() => SqliteEventLog.Open(options, TimeProvider.System)).Message, StringComparison.Ordinal);
        Assert.Contains(
            $"Tidings:SqliteLog:{expected}", new SqliteLogOptionsValidator().Validate(name: null, options).FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void The_defaults_and_the_bounds_of_each_range_are_good()
    {
        Assert.Null(new SqliteLogOptions().Complaint());
        var smallest = new SqliteLogOptions
        {
            IdempotencyWindow = TimeSpan.Zero,
            MaxIdempotencyKeys = 0,
            MaxReaders = 1,
            Retention = new() { MaxAge = TimeSpan.Zero, MaxEvents = 0, MaxBytes = 0 },
        };
        Assert.Null(smallest.Complaint());
        var largest = new SqliteLogOptions { IdempotencyWindow = TimeSpan.FromDays(365), MaxReaders = 64 };
        Add(largest, [.. Enumerable.Range(0, 1000).Select(i => new TopicRetention { Matcher = $"t{i}" })]);
        Assert.Null(largest.Complaint());
    }

    private static void Add(SqliteLogOptions options, params ReadOnlySpan<TopicRetention> entries)
    {
        foreach (TopicRetention entry in entries)
        {
            options.TopicRetention.Add(entry);
        }
    }
}
