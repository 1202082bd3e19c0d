using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>How connections to a log are opened, and short ways to use them.</summary>
internal static class Connections
{
    // How long SQLite waits by itself for a lock, which only somebody else's program can hold; a reader, which nobody waits for, also for one that recovers the log.
    private const int BusyMilliseconds = 100;
    private const int ReaderBusyMilliseconds = LockPatienceSeconds * 1000;

    // For so long a command tries again, and publishers wait with it.
    private const int LockPatienceSeconds = 5;

    /// <summary>Opens the one connection that writes. Checkpoints are made by it alone, never by SQLite on the way.</summary>
    public static SqliteConnection OpenWriter(string path, Durability durability)
    {
        SqliteConnection connection = Open(path, SqliteOpenMode.ReadWrite);
        try
        {
            connection.Execute("PRAGMA journal_mode = WAL");
            connection.Execute("PRAGMA wal_autocheckpoint = 0");
            connection.Execute(durability switch
            {
                Durability.Disk => "PRAGMA synchronous = FULL",
                Durability.Os => "PRAGMA synchronous = NORMAL",
                Durability.Memory => "PRAGMA synchronous = OFF",
                _ => throw new ArgumentOutOfRangeException(nameof(durability), durability, message: null),
            });
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that writes nothing but what SQLite has to finish or to undo after a crash.</summary>
    public static SqliteConnection OpenRecovering(string path) => Open(path, SqliteOpenMode.ReadWrite);

    /// <summary>Opens a connection that can only read.</summary>
    public static SqliteConnection OpenReader(string path) => Open(path, SqliteOpenMode.ReadOnly);

    public static void Execute(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Executes what may fail because there is nothing to do, such as a rollback after SQLite has rolled back.</summary>
    public static void TryExecute(this SqliteConnection connection, string sql)
    {
        try
        {
            connection.Execute(sql);
        }
        catch (SqliteException)
        {
            // The failure that led here is the one to tell.
        }
    }

    public static long ReadNumber(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>Makes a command that is compiled once and used often; the parameters are named as given, and set by their place.</summary>
    public static SqliteCommand Prepare(this SqliteConnection connection, string sql, params ReadOnlySpan<string> parameters)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (string name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        // Without the pool: a connection that is closed must really let go of its files.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = LockPatienceSeconds }.ToString());
        try
        {
            connection.Open();
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA busy_timeout = {(mode == SqliteOpenMode.ReadOnly ? ReaderBusyMilliseconds : BusyMilliseconds)}"));
            connection.Execute("PRAGMA mmap_size = 0"); // a read error would kill the process
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
