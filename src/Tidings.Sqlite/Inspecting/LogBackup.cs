using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>Copies a log while it is in use.</summary>
/// <remarks>
/// By VACUUM INTO, and not by SQLite's backup interface: that one begins again whenever another connection has stored something, so beside a busy hub it
/// either never ends or needs the same long transaction; and it copies what retention has taken, which is still in the free pages.
/// </remarks>
internal static class LogBackup
{
    public static long Write(SqliteConnection source, string sourcePath, string directory)
    {
        LogFiles.MakeEmptyDirectory(directory);
        string path = Path.Combine(directory, LogFiles.DatabaseName);

        // It gets its name when it is whole: a hub must not be started on half a copy.
        string partial = path + ".partial";
        try
        {
            LogFiles.MakeFile(partial);
            long events = Copy(source, partial);
            LogFiles.SyncFile(partial);
            File.Move(partial, path);
            LogFiles.SyncFile(path);
            return events;
        }
        catch (SqliteException failure)
        {
            throw failure.SqliteErrorCode switch
            {
                SQLitePCL.raw.SQLITE_CORRUPT => Damage.Found(sourcePath, failure.Message, failure),
                SQLitePCL.raw.SQLITE_FULL => new EventLogException($"There is no space for a copy of the log in {directory}.", failure),
                _ => new EventLogException($"The log cannot be copied to {directory}: {failure.Message}", failure),
            };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new EventLogException($"The log cannot be copied to {directory}: {failure.Message}", failure);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static long Copy(SqliteConnection source, string path)
    {
        using (SqliteCommand copy = source.Prepare("VACUUM INTO $path", "$path"))
        {
            copy.Parameters[0].Value = path;
            copy.ExecuteNonQuery();
        }

        using SqliteConnection connection = Connections.OpenWriter(path, Durability.Disk);
        Meta.RotateEpoch(connection, path);
        connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        return connection.ReadNumber("SELECT events FROM meta");
    }
}
