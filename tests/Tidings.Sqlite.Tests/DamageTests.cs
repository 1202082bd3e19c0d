using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Tidings.Testing;

namespace Tidings.Sqlite.Tests;

/// <summary>
/// Damages the files of a log in every way that disks do, from a seed, and looks at what is told then. A log may refuse to open or to read; what it does tell
/// is what was written, and whatever is missing between its floor and its end is told.
/// </summary>
public sealed class DamageTests : IDisposable
{
    private const int Written = 400;
    private const int SectorBytes = 512;
    private const int PageBytes = 4096;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("TIDINGS_LONG") == "1";

    private readonly TestDirectory _directory = new();
    private readonly Dictionary<long, PendingEvent> _written = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_damaged_log_of_a_stopped_hub_is_refused_or_tells_nothing_but_what_was_written()
    {
        Dictionary<string, byte[]> files = await WriteAsync(isKilled: false);

        await DamageAsync(files, seeds: IsLong ? 500 : 80);
    }

    [Fact]
    public async Task A_damaged_log_of_a_killed_hub_is_refused_or_tells_nothing_but_what_was_written()
    {
        Dictionary<string, byte[]> files = await WriteAsync(isKilled: true);

        await DamageAsync(files, seeds: IsLong ? 700 : 120);
    }

    private static SqliteLogOptions Options(string directory)
    {
        var options = new SqliteLogOptions { Directory = directory, Durability = Durability.Memory, Retention = new() { MaxEvents = Written - 50 } };
        options.TopicRetention.Add(new TopicRetention { Matcher = "few", MaxEvents = 20 });
        return options;
    }

    // Events of all sizes, some with ids of their own, some under a rule; part of them in the database and part in the write-ahead log of the one who was killed.
    private async Task<Dictionary<string, byte[]>> WriteAsync(bool isKilled)
    {
        string directory = Path.Combine(_directory.Path, "written");
        var random = new Random(1);
        SqliteEventLog log = SqliteEventLog.Open(Options(directory), new FakeTimeProvider());
        await using (log)
        {
            for (int sequence = 1; sequence <= Written;)
            {
                var batch = new List<PendingEvent>();
                for (int i = random.Next(1, 12); i > 0 && sequence <= Written; i--, sequence++)
                {
                    PendingEvent pending = Make(random, sequence);
                    batch.Add(pending);
                    _written.Add(sequence, pending);
                }

                await log.AppendAsync(batch, Cancellation);
                if (isKilled && sequence > Written / 2 && !File.Exists(Path.Combine(directory, "moved")))
                {
                    File.WriteAllText(Path.Combine(directory, "moved"), "");
                    using SqliteConnection connection = Connections.OpenWriter(Path.Combine(directory, "log.db"), Durability.Memory);
                    connection.Execute("PRAGMA wal_checkpoint(PASSIVE)");
                }
            }

            if (isKilled)
            {
                return Files(directory);
            }
        }

        return Files(directory);
    }

    private static Dictionary<string, byte[]> Files(string directory) => ((string[])["log.db", "log.db-wal"])
        .Where(name => File.Exists(Path.Combine(directory, name)))
        .ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(directory, name)));

    private static PendingEvent Make(Random random, int sequence) => new(
        [Topic.Of(sequence % 5 == 0 ? "few" : $"topics/{sequence % 7}")],
        Encoding.UTF8.GetBytes($"data: {sequence} {new string('x', random.Next(8) == 0 ? random.Next(20_000) : random.Next(300))}\n"),
        tag: (ulong)random.NextInt64(1, 1L << 40),
        new FakeTimeProvider().GetUtcNow(),
        isPrivate: sequence % 3 == 0,
        sequence % 4 == 0 ? SseId.Of(string.Create(CultureInfo.InvariantCulture, $"mine-{sequence}")) : null);

    private async Task DamageAsync(Dictionary<string, byte[]> files, int seeds)
    {
        int refused = 0;
        for (int seed = 0; seed < seeds; seed++)
        {
            string directory = Path.Combine(_directory.Path, string.Create(CultureInfo.InvariantCulture, $"{seed}"));
            Directory.CreateDirectory(directory);
            string what = Damage(files, directory, new Random(seed));
            try
            {
                string? complaint = await ReadAsync(directory);
                Assert.True(complaint is null, $"Seed {seed}: {what}: {complaint}");
            }
            catch (EventLogException refusal)
            {
                refused++;
                Assert.True(
                    refusal.Message.Contains("\"tidings log verify\"", StringComparison.Ordinal), $"Seed {seed}: {what}: the message names no way out: {refusal.Message}");
            }

            Directory.Delete(directory, recursive: true);
        }

        // Both happen, or the damage would not be what it is meant to be.
        Assert.InRange(refused, seeds / 10, seeds * 9 / 10);
    }

    private static string Damage(Dictionary<string, byte[]> files, string directory, Random random)
    {
        string[] names = [.. files.Keys.Where(name => files[name].Length > 0)];
        string damaged = names[random.Next(names.Length)];
        string what = "";
        foreach ((string name, byte[] content) in files)
        {
            byte[] bytes = content;
            if (name == damaged)
            {
                (bytes, what) = Damage(content, random);
                what = $"{name}: {what}";
            }

            File.WriteAllBytes(Path.Combine(directory, name), bytes);
        }

        return what;
    }

    private static (byte[] Bytes, string What) Damage(byte[] content, Random random)
    {
        byte[] bytes = [.. content];
        int place = random.Next(bytes.Length);
        switch (random.Next(6))
        {
            case 0:
                bytes[place] ^= (byte)(1 << random.Next(8));
                return (bytes, $"a bit at {place} is flipped");
            case 1:
                for (int i = 0; i < 20; i++)
                {
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                }

                return (bytes, "20 bits are flipped");
            case 2:
                return (bytes[..place], $"cut at {place}");
            case 3:
                Span<byte> sector = Block(bytes, place, SectorBytes);
                random.NextBytes(sector);
                return (bytes, $"noise in the sector at {place}");
            case 4:
                int other = random.Next(bytes.Length);
                Span<byte> from = Block(bytes, other, SectorBytes);
                Span<byte> to = Block(bytes, place, SectorBytes);
                from[..Math.Min(from.Length, to.Length)].CopyTo(to);
                return (bytes, $"the sector at {place} has what belongs to {other}");
            default:
                Block(bytes, place, PageBytes).Clear();
                return (bytes, $"the page at {place} is empty");
        }
    }

    private static Span<byte> Block(byte[] bytes, int place, int size)
    {
        int start = place / size * size;
        return bytes.AsSpan(start, Math.Min(size, bytes.Length - start));
    }

    /// <summary>Reads everything as a subscriber would; null if all is well.</summary>
    private async Task<string?> ReadAsync(string directory)
    {
        await using SqliteEventLog log = SqliteEventLog.Open(Options(directory), new FakeTimeProvider());
        LogPosition position = await log.GetPositionAsync(Cancellation);
        long after = 0;
        while (after < position.Last)
        {
            LogPage page = await log.ReadAsync(after, new PageLimit(50, 32 * 1024), Cancellation);
            if (page.Through <= after)
            {
                return $"the page after {after} goes no further";
            }

            if (Complaint(page, after) is { } complaint)
            {
                return complaint;
            }

            after = page.Through;
        }

        return null;
    }

    private string? Complaint(LogPage page, long after)
    {
        long next = after + 1;
        foreach (LoggedEvent logged in page.Events)
        {
            if (logged.Sequence < next || logged.Sequence > page.Through)
            {
                return $"event {logged.Sequence} comes where {next} is due";
            }

            if (!_written.TryGetValue(logged.Sequence, out PendingEvent? written) || !IsSame(written, logged.Content))
            {
                return $"event {logged.Sequence} is not what was written";
            }

            if (Untold(page, next, logged.Sequence) is { } untold)
            {
                return untold;
            }

            next = logged.Sequence + 1;
        }

        return Untold(page, next, page.Through + 1);
    }

    private string? Untold(LogPage page, long from, long to)
    {
        for (long sequence = from; sequence < to; sequence++)
        {
            bool isTold = sequence < page.Floor || page.TopicFloors.Any(floor => sequence < floor.Floor && floor.Matcher.Matches(_written[sequence].Topics[0]));
            if (!isTold)
            {
                return $"event {sequence} is missing, and no floor tells it (floor {page.Floor}, through {page.Through})";
            }
        }

        return null;
    }

    private static bool IsSame(PendingEvent a, PendingEvent b) =>
        a.Body.Span.SequenceEqual(b.Body.Span) && a.Topics.SequenceEqual(b.Topics) && a.Tag == b.Tag
        && a.PublishedAt == b.PublishedAt && a.IsPrivate == b.IsPrivate && a.PublisherId == b.PublisherId;
}
