using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>What is looked at when a log is opened, and how a failure is told.</summary>
internal static class Opening
{
    // A log of this size is checked whole before it is used; a larger one would make the start slow, and is checked event by event as it is read.
    private const long QuickCheckBytes = 64 * 1024 * 1024;

    // Fixes a race between a checkpoint and a commit on two connections, and CVE-2025-6965.
    private static readonly Version Recommended = new(3, 51, 3);

    /// <exception cref="EventLogException">The log cannot be used; the message says why and what to do.</exception>
    public static LogStore OpenStore(LogFiles files, SqliteLogOptions options)
    {
        try
        {
            CheckOrRecover(files);
            return LogStore.Open(files.Database, options);
        }
        catch (SqliteException failure)
        {
            throw Explain(files.Database, failure);
        }
        catch (Exception damage) when (damage is InvalidCastException or InvalidOperationException or FormatException)
        {
            throw Damage.Found(files.Database, "what it says of itself is not of the form that was written", damage);
        }
    }

    public static void Report(ILogger logger, LogFiles files, SqliteLogOptions options, LogStore store)
    {
        SqliteLog.Opened(logger, files.Database, store.State.Events, options.Durability, store.Version);
        if (Version.TryParse(store.Version, out Version? version) && version < Recommended)
        {
            SqliteLog.OldLibrary(logger, store.Version, Recommended.ToString());
        }
    }

    public static EventLogException Explain(string path, SqliteException failure) => failure.SqliteErrorCode switch
    {
        // An error in the program's own SQL: a table is not the one that was made.
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_ERROR => Damage.Found(path, failure.Message, failure),
        SQLitePCL.raw.SQLITE_FULL => new EventLogException($"There is no space to open the log {path}. Make space and start again.", failure),
        _ => new EventLogException($"The log {path} cannot be opened: {failure.Message}", failure),
    };

    private static void CheckOrRecover(LogFiles files)
    {
        try
        {
            Check(files);
        }
        catch (SqliteException unfinished) when (unfinished.SqliteErrorCode == SQLitePCL.raw.SQLITE_READONLY)
        {
            // The process ended in the middle of something that SQLite has to undo first, such as making the database, and to undo is to write.
            using (SqliteConnection recovering = Connections.OpenRecovering(files.Database))
            {
                recovering.ReadNumber("SELECT count(*) FROM sqlite_master");
            }

            Check(files);
        }
    }

    // With a connection that can only read: a log that is refused stays as it is, for those who want to know what has happened to it.
    private static void Check(LogFiles files)
    {
        using SqliteConnection connection = Connections.OpenReader(files.Database);
        if (Schema.Check(connection, files.Database) == 0)
        {
            return; // new
        }

        LogState state = Meta.Read(connection, files.Database, out _);
        RuleTable.Read(connection, files.Database);
        if (new FileInfo(files.Database).Length <= QuickCheckBytes)
        {
            CheckStructure(connection, files.Database);
            if (connection.ReadNumber("SELECT count(*) FROM event") != state.Events)
            {
                throw Damage.Found(files.Database, "it holds another number of events than it says");
            }
        }
    }

    private static void CheckStructure(SqliteConnection connection, string path)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA quick_check(1)";
        string? answer = Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (answer != "ok")
        {
            throw Damage.Found(path, answer ?? "SQLite does not say how");
        }
    }
}
