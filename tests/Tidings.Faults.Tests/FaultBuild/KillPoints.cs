namespace Tidings.Faults.Tests.FaultBuild;

/// <summary>All kill points, in the order in which a server passes them.</summary>
internal static class KillPoints
{
    private const string LogFiles = "src/Tidings.Sqlite/Files/LogFiles.cs";
    private const string Schema = "src/Tidings.Sqlite/Schema/Schema.cs";
    private const string Opening = "src/Tidings.Sqlite/Opening.cs";
    private const string LogStore = "src/Tidings.Sqlite/Storing/LogStore.cs";
    private const string LogKeeper = "src/Tidings.Sqlite/Storing/LogKeeper.cs";
    private const string Pruner = "src/Tidings.Sqlite/Retention/Pruner.cs";
    private const string Loops = "src/Tidings/Delivery/BrokerLoops.cs";
    private const string LogWriter = "src/Tidings/Delivery/LogWriter.cs";
    private const string Dispatcher = "src/Tidings/Delivery/Dispatcher.cs";

    public static IReadOnlyList<KillPoint> All { get; } =
    [
        KillPoint.Before("directory-made", KillPhase.Creation, LogFiles, "var files = new LogFiles(directory, TakeLock(directory, patience));"),
        KillPoint.Before("database-made-not-synced", KillPhase.Creation, LogFiles, "SyncDirectory(Directory);"),
        KillPoint.After("in-migration", KillPhase.Creation, Schema, "connection.Execute(Read(next));"),
        .. KillPoint.Around("before-epoch", "after-epoch", KillPhase.Creation, Schema, "Meta.Create(connection);"),

        KillPoint.Before("lock-taken", KillPhase.Opening, LogFiles, "files.MakeDatabase();"),
        KillPoint.Before("position-read", KillPhase.Opening, LogStore, "state = state with { Rules = RuleTable.Reconcile("),
        .. KillPoint.Around("before-check", "after-check", KillPhase.Opening, Opening, "CheckOrRecover(files);"),
        KillPoint.Before("broker-started", KillPhase.Opening, Loops, "BrokerLog.Started("),

        KillPoint.Before("before-insert", KillPhase.Publishing, LogStore, "_insert.Execute(sequence, pending, rule?.Id ?? 0, topics);"),
        KillPoint.Before("after-insert", KillPhase.Publishing, LogStore, "state = Pruner.Count(state, rule?.Id ?? 0, events: 1, pending.Body.Length);"),
        .. KillPoint.Around("before-delete", "after-delete", KillPhase.Publishing, Pruner, "_drop.ExecuteNonQuery();"),
        KillPoint.Before("before-meta", KillPhase.Publishing, LogStore, "SqliteParameterCollection parameters = _updateMeta.Parameters;"),
        KillPoint.After("before-commit", KillPhase.Publishing, LogStore, "            UpdateRules(state.Rules);\n        }"),
        KillPoint.Before("after-commit", KillPhase.Publishing, LogStore, "        State = state;\n    }"),
        KillPoint.Before("before-followers", KillPhase.Publishing, LogKeeper, "        _failures = 0;\n        _isBusy = true;"),
        KillPoint.Before("after-followers", KillPhase.Publishing, LogKeeper, "Grow(events);"),
        .. KillPoint.Around(
            "before-checkpoint", "after-checkpoint", KillPhase.TidyingUp, LogKeeper, "bool isWhole = _store!.Checkpoint(truncate); // only called while it is open\n"),
        KillPoint.Before("before-acknowledgment", KillPhase.Publishing, LogWriter, "byte[] ids = ArrayPool<byte>.Shared.Rent(_batch.Count * EventIdCodec.TextBytes);"),
        KillPoint.After("after-acknowledgment", KillPhase.Publishing, LogWriter, "request.Stored.SetResult(request.Event.PublisherId ?? EventIdCodec.IdAt(ids, i));"),
        KillPoint.After("before-dispatch", KillPhase.Publishing, Dispatcher, "    private void Dispatch(CommittedPage page, TaskCompletionSource? done)\n    {"),
        KillPoint.After("in-dispatch", KillPhase.Publishing, Dispatcher, "_ring.Add(framed);"),
        KillPoint.Before("after-dispatch", KillPhase.Publishing, Dispatcher, "_metrics.Dispatched(page.Events.Length);"),

        KillPoint.After("drain-begins", KillPhase.Stopping, Loops, "private async Task DrainOnceAsync()\n    {"),
        KillPoint.Before("drain-stored", KillPhase.Stopping, Loops, "LogPosition position = await log.GetPositionAsync(CancellationToken.None)"),
        KillPoint.Before("drain-offered", KillPhase.Stopping, Loops, "BrokerLog.Drained(logger, position.Last);"),
        .. KillPoint.Around("before-last-checkpoint", "after-last-checkpoint", KillPhase.Stopping, LogKeeper, "            Checkpoint(truncate: true);\n            _store.Dispose();"),
    ];
}
