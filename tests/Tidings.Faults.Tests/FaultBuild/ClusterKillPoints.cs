namespace Tidings.Faults.Tests.FaultBuild;

/// <summary>The kill points of the log that several nodes share, in the order in which a node passes them.</summary>
internal static class ClusterKillPoints
{
    private const string Migrations = "src/Tidings.Postgres/Schema/Migrations.cs";
    private const string PostgresEventLog = "src/Tidings.Postgres/PostgresEventLog.cs";
    private const string Appender = "src/Tidings.Postgres/Appending/Appender.cs";
    private const string Follower = "src/Tidings.Postgres/Following/Follower.cs";
    private const string ShownPlace = "src/Tidings.Postgres/Following/ShownPlace.cs";
    private const string PageReader = "src/Tidings.Postgres/Reading/PageReader.cs";
    private const string Maintenance = "src/Tidings.Postgres/Retaining/Maintenance.cs";

    public static IReadOnlyList<KillPoint> All { get; } =
    [
        KillPoint.After("schema-made", KillPhase.Creation, Migrations, "await CreateSchemaAsync(database, connection, cancellationToken).ConfigureAwait(false);"),
        .. KillPoint.Around("tables-not-committed", "tables-committed", KillPhase.Creation, Migrations, "await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);"),

        KillPoint.Before("log-opened", KillPhase.Opening, PostgresEventLog, "PostgresLog.Opened("),
        KillPoint.After("tail-listens", KillPhase.Opening, Follower, "await ExecuteAsync(connection, $\"LISTEN {database.Channel}\", cancellationToken).ConfigureAwait(false);"),

        KillPoint.Before("append-not-sent", KillPhase.Publishing, Appender, "using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken)"),
        KillPoint.Before("append-not-read", KillPhase.Publishing, Appender, "await reader.ReadAsync(cancellationToken).ConfigureAwait(false);"),
        KillPoint.Before("append-read", KillPhase.Publishing, Appender, "uint epoch = (uint)reader.GetInt64(0);"),
        KillPoint.After("append-not-told", KillPhase.Publishing, PostgresEventLog, "await _appender.AppendAsync(events, cancellationToken).ConfigureAwait(false);"),
        KillPoint.Before("page-arrives", KillPhase.Publishing, PageReader, "LogPage page = builder.Build("),
        KillPoint.Before("page-read", KillPhase.Publishing, Follower, "mustCheck = !shown.IsOf(bounds.Epoch);"),
        KillPoint.After("page-noted", KillPhase.Publishing, Follower, "Note(page);\n                    Through = page.Through;"),
        KillPoint.After("page-handed-over", KillPhase.Publishing, Follower, "yield return page;"),
        KillPoint.Before("retention-begins", KillPhase.TidyingUp, Maintenance, "foreach (string step in"),
        KillPoint.After("retention-between-steps", KillPhase.TidyingUp, Maintenance, "gone += taken;"), // the first raises the floor, the others delete

        .. KillPoint.Around(
            "fork-not-begun", "fork-not-known", KillPhase.Forking, ShownPlace, "long begun = (long)(await fork.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!; // the function always returns a row\n"),
        KillPoint.After("fork-not-told", KillPhase.Forking, Follower, "{ IsFork = true };"),
    ];

    /// <summary>Those of the engine, which are the same over any log.</summary>
    public static IEnumerable<KillPoint> OfEngine => KillPoints.All.Where(point => point.Edit.File.StartsWith("src/Tidings/", StringComparison.Ordinal));
}
