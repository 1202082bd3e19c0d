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
            LogStore store = LogStore.Open(files.Database, options);
            try
            {
                Check(files);
                return store;
            }
            catch
            {
                store.Dispose();
                throw;
            }
        }
        catch (SqliteException failure)
        {
            throw Explain(files.Database, failure);
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
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => Damage.Found(path, failure.Message, failure),
        SQLitePCL.raw.SQLITE_FULL => new EventLogException($"There is no space to open the log {path}. Make space and start again.", failure),
        _ => new EventLogException($"The log {path} cannot be opened: {failure.Message}", failure),
    };

    private static void Check(LogFiles files)
    {
        if (new FileInfo(files.Database).Length > QuickCheckBytes)
        {
            return;
        }

        using SqliteConnection connection = Connections.OpenReader(files.Database);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA quick_check(1)";
        string? answer = Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (answer != "ok")
        {
            throw Damage.Found(files.Database, answer ?? "SQLite does not say how");
        }
    }
}
