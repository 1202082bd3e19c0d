using System.Text;
using Tidings.Faults.Tests.FaultBuild;

namespace Tidings.Faults.Tests.PowerLoss;

/// <summary>Loss of power at any moment: the log is opened on what the disk may hold then.</summary>
public sealed class PowerLossTests
{
    private const string DataField = "data: ";

    private static readonly Survival[] Survivals = [Survival.Nothing, Survival.Everything, Survival.Some];

    private static int Traces => TortureOptions.IsLong ? 5 : 1;

    private static int CutsPerTrace => TortureOptions.IsLong ? 50 : 8;

    [Fact]
    public async Task At_durability_disk_everything_acknowledged_is_there_after_a_loss_of_power() =>
        AssertNone(await ComplaintsAsync(Durability.Disk, retainedEvents: 1_000_000, bug: null));

    [Fact]
    public async Task At_durability_os_only_the_newest_events_may_be_missing_after_a_loss_of_power() =>
        AssertNone(await ComplaintsAsync(Durability.Os, retainedEvents: 1_000_000, bug: null));

    [Fact]
    public async Task At_durability_memory_a_log_is_refused_or_holds_nothing_that_was_not_published_after_a_loss_of_power() =>
        AssertNone(await ComplaintsAsync(Durability.Memory, retainedEvents: 1_000_000, bug: null));

    [Fact]
    public async Task A_loss_of_power_while_events_are_pruned_takes_nothing_else() =>
        AssertNone(await ComplaintsAsync(Durability.Disk, retainedEvents: 30, bug: null));

    [Fact]
    public async Task A_log_that_does_not_sync_is_found_out()
    {
        SeededBug bug = BugCatalogue.All.Single(bug => bug.FoundBy == BugScenario.PowerLoss);

        Assert.NotEmpty(await ComplaintsAsync(Durability.Disk, retainedEvents: 1_000_000, bug.Name));
    }

    // Whole: what is wrong with an image stands at the end of its line.
    private static void AssertNone(IReadOnlyList<string> complaints) => Assert.True(complaints.Count == 0, string.Join(Environment.NewLine, complaints));

    private static async Task<IReadOnlyList<string>> ComplaintsAsync(Durability durability, long retainedEvents, string? bug)
    {
        int seed = new TortureOptions { Name = "power-loss" }.Seed;
        TestContext.Current.TestOutputHelper?.WriteLine($"power-loss: seed {seed}");
        var random = new Random(seed);
        var complaints = new List<string>();
        for (int trace = 0; trace < Traces; trace++)
        {
            TracedRun run = await TracedRun.RecordAsync(durability, retainedEvents, bug, random);

            // Otherwise nothing would be shown by images that are in order.
            Assert.True(run.Operations.Count(operation => operation is Acknowledged) == run.Events.Count && run.Operations.Any(operation => operation is WriteFile));
            complaints.AddRange(await ComplaintsAsync(run, durability, random));
        }

        return complaints;
    }

    private static async Task<List<string>> ComplaintsAsync(TracedRun run, Durability durability, Random random)
    {
        var complaints = new List<string>();
        var disk = new DiskModel();
        Dictionary<string, int> places = run.Events.Select((stored, index) => (stored.Id, Place: index + 1)).ToDictionary(StringComparer.Ordinal);
        HashSet<int> cuts = [.. random.GetItems(Cuts(run.Operations), CutsPerTrace)];
        int acknowledged = 0;
        for (int at = 0; at < run.Operations.Count; at++)
        {
            if (cuts.Contains(at))
            {
                foreach (Survival survival in Survivals)
                {
                    string? complaint = await ComplaintAsync(disk, survival, random, run.Events, durability, acknowledged);
                    if (complaint is not null)
                    {
                        complaints.Add($"Before operation {at} of {run.Operations.Count}, {survival} of what was not synced left: {complaint}");
                    }
                }
            }

            disk.Apply(run.Operations[at]);
            if (run.Operations[at] is Acknowledged { Id: { } id })
            {
                acknowledged = Math.Max(acknowledged, places[id]);
            }
        }

        return complaints;
    }

    // Power is lost around each sync and each acknowledgment: in between, nothing changes but how much is not synced.
    private static int[] Cuts(IReadOnlyList<DiskOperation> operations) =>
        [.. Enumerable.Range(0, operations.Count - 1).Where(at => operations[at] is Synced or Acknowledged || operations[at + 1] is Synced or TruncateFile)];

    private static async Task<string?> ComplaintAsync(
        DiskModel disk, Survival survival, Random random, IReadOnlyList<(string Id, string Data)> published, Durability durability, int acknowledged)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tidings-image-");
        try
        {
            disk.WriteImage(directory.FullName, survival, random);
            await using SqliteEventLog log = SqliteEventLog.Open(
                new SqliteLogOptions { Directory = directory.FullName, Retention = new() { MaxEvents = long.MaxValue } }, TimeProvider.System);
            LogPosition position = await log.GetPositionAsync(CancellationToken.None);
            return durability == Durability.Memory ? await AlteredComplaintAsync(log, published)
                : durability == Durability.Disk && position.Last < acknowledged ? $"the log ends at {position.Last}, and {acknowledged} was acknowledged."
                : await ReadComplaintAsync(log, position, published);
        }
        catch (EventLogException refused) when (durability == Durability.Memory)
        {
            return refused.Message.Contains("damaged", StringComparison.Ordinal) ? null : $"the log does not say that it is damaged: {refused.Message}";
        }
        catch (EventLogException refused)
        {
            return $"the log does not open: {refused.Message}";
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task<string?> AlteredComplaintAsync(SqliteEventLog log, IReadOnlyList<(string Id, string Data)> published)
    {
        long after = 0;
        while (true)
        {
            LogPage page = await log.ReadAsync(after, new PageLimit(500, int.MaxValue), CancellationToken.None);
            foreach (LoggedEvent logged in page.Events)
            {
                if (DataOf(logged) != published[(int)logged.Sequence - 1].Data)
                {
                    return $"at {logged.Sequence} is what was not published there.";
                }
            }

            if (page.Through == after)
            {
                return null;
            }

            after = page.Through;
        }
    }

    private static string DataOf(LoggedEvent logged) => Encoding.UTF8.GetString(logged.Content.Body.Span)[DataField.Length..^1];

    private static async Task<string?> ReadComplaintAsync(SqliteEventLog log, LogPosition position, IReadOnlyList<(string Id, string Data)> published)
    {
        long expected = position.Floor;
        while (expected <= position.Last)
        {
            LogPage page = await log.ReadAsync(expected - 1, new PageLimit(500, int.MaxValue), CancellationToken.None);
            if (page.Events.Count == 0)
            {
                return $"{expected} is missing, and the log ends at {position.Last}.";
            }

            foreach (LoggedEvent logged in page.Events)
            {
                string data = DataOf(logged);
                if (logged.Sequence != expected || data != published[(int)expected - 1].Data)
                {
                    return $"at {expected} is {logged.Sequence} with other data, or none: {data[..Math.Min(20, data.Length)]}";
                }

                expected++;
            }
        }

        return null;
    }
}
