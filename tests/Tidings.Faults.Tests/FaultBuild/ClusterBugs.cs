using static Tidings.Faults.Tests.Checking.FaultKind;

namespace Tidings.Faults.Tests.FaultBuild;

/// <summary>The seeded bugs of the log that several nodes share.</summary>
internal static class ClusterBugs
{
    private const string PostgresEventLog = "src/Tidings.Postgres/PostgresEventLog.cs";

    /// <summary>Edits that are no bug by themselves.</summary>
    public static IReadOnlyList<SourceEdit> Groundwork { get; } =
    [
        new(PostgresEventLog, "    private int _isDisposed;\n", """
                private int _isDisposed;

                internal static System.Collections.Concurrent.ConcurrentQueue<LogPage> Own { get; } = new();

            """),
    ];

    public static IReadOnlyList<SeededBug> All { get; } =
    [
        new("own-events-not-read-back", BugScenario.Wandering, [Lost, SilentGap],
        [
            new(PostgresEventLog, "        for (int i = results.Count - 1; i >= 0; i--)\n", """
                        if (Tidings.Faults.SeededBugs.Is("own-events-not-read-back"))
                        {
                            Own.Enqueue(new LogPage([.. results.Select((result, i) => new LoggedEvent(result.Sequence, result.Epoch, events[i]))], results[^1].Sequence, 0));
                        }

                        for (int i = results.Count - 1; i >= 0; i--)

                """),
            new("src/Tidings.Postgres/Following/Follower.cs", "                _isNotified = false;\n", """
                                if (PostgresEventLog.Own.TryDequeue(out LogPage? own))
                                {
                                    if (own.Through > Through)
                                    {
                                        Through = own.Through;
                                        yield return own;
                                    }

                                    continue;
                                }

                                _isNotified = false;

                """),
        ]),
        new("retry-without-batch-number", BugScenario.BrokenLinks, [Duplicate],
        [
            new("src/Tidings.Postgres/Appending/Appender.cs", "{ TypedValue = _writer }",
                "{ TypedValue = Tidings.Faults.SeededBugs.Is(\"retry-without-batch-number\") ? Guid.NewGuid() : _writer }"),
        ]),
        new("hole-not-noticed", BugScenario.Hole, [SilentGap],
        [
            new("src/Tidings.Postgres/Reading/PageBuilder.cs", "        if (previous > _provedThrough && (",
                "        if (!Tidings.Faults.SeededBugs.Is(\"hole-not-noticed\") && previous > _provedThrough && ("),
        ]),
        new("fork-not-looked-for", BugScenario.FailOver, [Lost, SilentGap],
        [
            new("src/Tidings.Postgres/Following/ShownPlace.cs", "sequence == 0 || (last >= sequence", "Tidings.Faults.SeededBugs.Is(\"fork-not-looked-for\") || sequence == 0 || (last >= sequence"),
        ]),
    ];
}
