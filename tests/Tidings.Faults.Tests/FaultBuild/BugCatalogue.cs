using static Tidings.Faults.Tests.Checking.FaultKind;

namespace Tidings.Faults.Tests.FaultBuild;

/// <summary>All seeded bugs.</summary>
internal static class BugCatalogue
{
    private const string SqliteEventLog = "src/Tidings.Sqlite/SqliteEventLog.cs";
    private const string Connections = "src/Tidings.Sqlite/Storing/Connections.cs";
    private const string LogStore = "src/Tidings.Sqlite/Storing/LogStore.cs";
    private const string Followers = "src/Tidings.Sqlite/Following/Followers.cs";
    private const string LogKeeper = "src/Tidings.Sqlite/Storing/LogKeeper.cs";
    private const string PageReader = "src/Tidings.Sqlite/Reading/PageReader.cs";
    private const string Subscriber = "src/Tidings/Delivery/Subscriber.cs";

    /// <summary>Edits that several bugs, or the kill points, need: no bug by themselves.</summary>
    public static IReadOnlyList<SourceEdit> Groundwork { get; } =
    [
        // What happens before and after a COMMIT can be hooked, so that it can happen in the wrong order.
        new(LogStore, "    public byte[] IdKey { get; }\n", """
                public static Action<AppendResult[], List<LoggedEvent>, LogState>? BeforeCommit { get; set; }

                public static List<Action> AfterCommit { get; } = [];

                public byte[] IdKey { get; }

            """),
        new(LogStore, "            state = _pruner.Prune(state, now, AppendPruning(stored.Count));\n", """
                        state = _pruner.Prune(state, now, AppendPruning(stored.Count));
                        BeforeCommit?.Invoke(results, stored, state);

            """),
        new(LogStore, "        return new CommittedBatch(results, stored);\n", """
                    AfterCommit.ForEach(action => action());
                    AfterCommit.Clear();
                    return new CommittedBatch(results, stored);

            """),

        // A short run reaches a checkpoint, too.
        new("src/Tidings.Sqlite/Storing/WalSize.cs", "MaxPagesToMove = 4000;", "MaxPagesToMove = 40;"),
        new("src/Tidings.Sqlite/Storing/WalSize.cs", "MaxFileBytes = 64 * 1024 * 1024;", "MaxFileBytes = 640 * 1024;"),
    ];

    public static IReadOnlyList<SeededBug> All { get; } =
    [
        new("ack-before-commit", BugScenario.KillBeforeCommit, [Lost],
        [
            new(SqliteEventLog, "        return await _thread.RunAsync(() => _keeper.Append(events)).ConfigureAwait(false);", """
                        if (Tidings.Faults.SeededBugs.Is("ack-before-commit"))
                        {
                            var early = new TaskCompletionSource<IReadOnlyList<AppendResult>>(TaskCreationOptions.RunContinuationsAsynchronously);
                            LogStore.BeforeCommit = (results, _, _) => early.TrySetResult(results);
                            PendingEvent[] copy = [.. events];
                            _ = _thread.RunAsync(() => _keeper.Append(copy));
                            return await early.Task.ConfigureAwait(false);
                        }

                        return await _thread.RunAsync(() => _keeper.Append(events)).ConfigureAwait(false);
                """),
        ]),
        new("dispatch-before-commit", BugScenario.KillBeforeCommit, [FalseGap, SilentGap, Lost],
        [
            new(LogKeeper, "            batch = store.Append(events, timeProvider.GetUtcNow());", """
                            if (Tidings.Faults.SeededBugs.Is("dispatch-before-commit"))
                            {
                                LogStore.BeforeCommit = (_, stored, state) => followers.Publish([.. stored], state.Position);
                            }

                            batch = store.Append(events, timeProvider.GetUtcNow());
                """),
            new(LogKeeper, "        followers.Publish(batch.Events, _committed.Position);", """
                        if (!Tidings.Faults.SeededBugs.Is("dispatch-before-commit"))
                        {
                            followers.Publish(batch.Events, _committed.Position);
                        }
                """),
        ]),
        new("position-before-commit", BugScenario.Reconnections, [Lost, SilentGap, FalseGap],
        [
            new(Followers, "    /// <summary>Begins to hold what is committed for a follower", """
                    public bool AreHandedAll
                    {
                        get
                        {
                            lock (_gate)
                            {
                                return _followers.TrueForAll(follower => follower.Position >= _position.Last);
                            }
                        }
                    }

                    /// <summary>Begins to hold what is committed for a follower
                """),
            new(LogKeeper, "        LogStore store = OpenStore();\n        CommittedBatch batch;", """
                        LogStore store = OpenStore();
                        if (Tidings.Faults.SeededBugs.Is("position-before-commit"))
                        {
                            LogStore.BeforeCommit = (_, _, state) =>
                            {
                                // Not always: whoever is handed no event at all reads every one when it comes back.
                                if (state.Position.Last % 2 == 0)
                                {
                                    followers.Publish([], state.Position);
                                    SpinWait.SpinUntil(() => followers.AreHandedAll, 2000);
                                }
                            };
                        }

                        CommittedBatch batch;
                """),
        ]),
        new("write-ahead-log-thrown-away", BugScenario.KillBeforeCommit, [Lost, SilentGap, FalseGap],
        [
            new(Connections, "        SqliteConnection connection = Open(path, SqliteOpenMode.ReadWrite);", """
                        if (Tidings.Faults.SeededBugs.Is("write-ahead-log-thrown-away"))
                        {
                            File.Delete(path + "-wal");
                        }

                        SqliteConnection connection = Open(path, SqliteOpenMode.ReadWrite);
                """),
        ]),
        new("last-not-loaded", BugScenario.RestartBeforePublish, [FalseGap],
        [
            new(SqliteEventLog, "new Followers(store.State.Position)",
                "new Followers(Tidings.Faults.SeededBugs.Is(\"last-not-loaded\") ? store.State.Position with { Last = 0 } : store.State.Position)"),
        ]),
        new("cursor-included", BugScenario.RestartBeforePublish, [Duplicate],
        [
            new(PageReader, "_page.Begin(after, limit.Events);", "_page.Begin(Tidings.Faults.SeededBugs.Is(\"cursor-included\") ? after - 1 : after, limit.Events);"),
        ]),
        new("page-tells-too-much", BugScenario.RestartUnderLoad, [Lost, SilentGap],
        [
            new(PageReader, "LogPage Page(long through) => new(events, through, floor)",
                "LogPage Page(long through) => new(events, Tidings.Faults.SeededBugs.Is(\"page-tells-too-much\") ? Math.Max(through, position.Last) : through, floor)"),
        ]),
        new("live-dropped-at-hand-over", BugScenario.Reconnections, [Lost, SilentGap],
        [
            new(Subscriber, "    private bool _mustRestart;\n", "    private bool _mustRestart;\n    private bool _isHandedOver;\n"),
            new(Subscriber, "        if (_cursor >= _cut)\n", """
                        if (_cursor >= _cut && !_isHandedOver && Tidings.Faults.SeededBugs.Is("live-dropped-at-hand-over"))
                        {
                            _isHandedOver = true;
                            Thread.Sleep(20);
                            _pending.Restart();
                        }

                        if (_cursor >= _cut)

                """),
        ]),
        new("cut-before-registration", BugScenario.Reconnections, [Lost, SilentGap],
        [
            new("src/Tidings/Delivery/Broker.cs", "        await _context.Dispatcher.RegisterAsync(subscriber).ConfigureAwait(false);", """
                        long cut = Dispatched;
                        bool isEarly = Tidings.Faults.SeededBugs.Is("cut-before-registration");
                        await Task.Delay(isEarly ? 20 : 0).ConfigureAwait(false);
                        await _context.Dispatcher.RegisterAsync(subscriber).ConfigureAwait(false);
                        if (isEarly)
                        {
                            subscriber.StartOffering(cut, liveOnlyThrough: 0);
                        }
                """),
        ]),
        new("overflow-drops", BugScenario.Reconnections, [Lost, SilentGap],
        [
            new("src/Tidings/Delivery/PendingList.cs", "                _overflowedAfter = sequence - 1;",
                "                _overflowedAfter = Tidings.Faults.SeededBugs.Is(\"overflow-drops\") ? null : sequence - 1;"),
        ]),
        new("replay-without-grant", BugScenario.Reconnections, [Unauthorised],
        [
            new(Subscriber, "? _options.Visibility.Includes(content) && _matchers", "? (_options.Visibility.Includes(content) || Tidings.Faults.SeededBugs.Is(\"replay-without-grant\")) && _matchers"),
        ]),
        new("sequences-begin-anew", BugScenario.PruneAll, [FalseGap],
        [
            new("src/Tidings.Sqlite/Storing/Meta.cs", "            ? state\n            : throw Damage.Found(",
                "            ? (Tidings.Faults.SeededBugs.Is(\"sequences-begin-anew\") ? state with { Last = newest } : state)\n            : throw Damage.Found("),
        ]),
        new("prune-without-floor", BugScenario.PruneAll, [Lost, SilentGap],
        [
            new("src/Tidings.Sqlite/Retention/Pruner.cs", "return state with { Floor = through + 1 };",
                "return Tidings.Faults.SeededBugs.Is(\"prune-without-floor\") ? state : state with { Floor = through + 1 };"),
        ]),
        new("retry-without-key", BugScenario.Retry,
            new SourceEdit(LogStore, "if (pending.Idempotency is { } mark &&", "if (!Tidings.Faults.SeededBugs.Is(\"retry-without-key\") && pending.Idempotency is { } mark &&"),
            new SourceEdit(LogStore, "if (pending.Idempotency is { } newMark)", "if (pending.Idempotency is { } newMark && !Tidings.Faults.SeededBugs.Is(\"retry-without-key\"))")),
        new("key-in-its-own-transaction", BugScenario.Retry,
            new SourceEdit(LogStore, "            _keys.Add(newMark, sequence, pending.Tag, pending.PublishedAt);", """
                            if (Tidings.Faults.SeededBugs.Is("key-in-its-own-transaction"))
                            {
                                AfterCommit.Add(() => _keys.Add(newMark, sequence, pending.Tag, pending.PublishedAt));
                            }
                            else
                            {
                                _keys.Add(newMark, sequence, pending.Tag, pending.PublishedAt);
                            }
                """)),
        new("fork-not-noticed", BugScenario.Fork, [Lost, SilentGap],
        [
            new("src/Tidings/Delivery/CursorResolver.cs", "&& found.Tag != place.Tag;", "&& found.Tag != place.Tag && !Tidings.Faults.SeededBugs.Is(\"fork-not-noticed\");"),
        ]),
        new("epoch-not-checked", BugScenario.Restore, [Lost, SilentGap, Duplicate],
        [
            new("src/Tidings/Delivery/CursorResolver.cs", "bool isOfEarlier = place.Epoch != position.Epoch;", "bool isOfEarlier = place.Epoch != position.Epoch && !Tidings.Faults.SeededBugs.Is(\"epoch-not-checked\");"),
        ]),
        new("pending-list-unbounded", BugScenario.Impatience,
            new SourceEdit("src/Tidings/Delivery/PendingList.cs", "            if (_count == capacity)\n", "            if (_count == capacity && !Tidings.Faults.SeededBugs.Is(\"pending-list-unbounded\"))\n"),
            new SourceEdit("src/Tidings/Delivery/PendingList.cs", "Math.Min(capacity, Math.Max(FirstCapacity, 2 * _count))",
                "Tidings.Faults.SeededBugs.Is(\"pending-list-unbounded\") ? Math.Max(FirstCapacity, 2 * _count) : Math.Min(capacity, Math.Max(FirstCapacity, 2 * _count))")),
        new("lone-cr-not-split", BugScenario.ForgedField,
            new SourceEdit("src/Tidings/Wire/SseFrame.cs", "int end = text.IndexOfAny(CR, LF);",
                "int end = Tidings.Faults.SeededBugs.Is(\"lone-cr-not-split\") ? text.IndexOf(LF) : text.IndexOfAny(CR, LF);")),
        new("streams-not-told-to-stop", BugScenario.Stop,
            new SourceEdit("src/Tidings.AspNetCore/Lifetime/TidingsLifetime.cs", "        streams.BeginDraining();", """
                        if (Tidings.Faults.SeededBugs.Is("streams-not-told-to-stop"))
                        {
                            return;
                        }

                        streams.BeginDraining();
                """)),
        new("frame-without-slices", BugScenario.StalledReaders,
            new SourceEdit("src/Tidings.AspNetCore/Streams/StreamBody.cs", "if (Unflushed + frame.Length <= SliceBytes)",
                "if (Unflushed + frame.Length <= SliceBytes || Tidings.Faults.SeededBugs.Is(\"frame-without-slices\"))")),
        new("synchronous-off", BugScenario.PowerLoss,
            new SourceEdit(Connections, "\"PRAGMA synchronous = FULL\"", "Tidings.Faults.SeededBugs.Is(\"synchronous-off\") ? \"PRAGMA synchronous = OFF\" : \"PRAGMA synchronous = FULL\"")),
    ];
}
