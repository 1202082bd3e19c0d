using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>The tables of the log and their versions: each file in this folder leads from the version before it to its own.</summary>
internal static class Schema
{
    public const int Newest = 1;

    // "TIDE" in ASCII: tells a log from any other SQLite database.
    private const int ApplicationId = 0x54494445;

    /// <summary>Makes the tables, or brings those of an older version up to this one, in one transaction.</summary>
    /// <exception cref="EventLogException">The file is no log, or was written by a newer version.</exception>
    public static void Migrate(SqliteConnection connection, string path)
    {
        int version = Check(connection, path);
        if (version == Newest)
        {
            return;
        }

        connection.Execute("BEGIN IMMEDIATE");
        try
        {
            for (int next = version + 1; next <= Newest; next++)
            {
                connection.Execute(Read(next));
            }

            if (version == 0)
            {
                // Together with the tables: a log without this row is always a damaged one.
                Meta.Create(connection);
            }

            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Newest}"));
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
            connection.Execute("COMMIT");
        }
        catch
        {
            connection.TryExecute("ROLLBACK");
            throw;
        }
    }

    /// <summary>Tells the version of the tables; 0 for an empty file.</summary>
    /// <exception cref="EventLogException">The file is no log, or was written by a newer version.</exception>
    public static int Check(SqliteConnection connection, string path)
    {
        int version = (int)connection.ReadNumber("PRAGMA user_version");
        bool isEmpty = connection.ReadNumber("SELECT count(*) FROM sqlite_master") == 0;
        if (isEmpty ? version != 0 : connection.ReadNumber("PRAGMA application_id") != ApplicationId)
        {
            throw new EventLogException($"{path} is an SQLite database, but not a log of Tidings. Choose another directory (--data).");
        }

        return version <= Newest
            ? version
            : throw new EventLogException(
                $"{path} was written by a newer version of Tidings (its schema is {version}, and this program knows up to {Newest}). Use that version, or choose another directory (--data). Nothing was changed.");
    }

    private static string Read(int version)
    {
        using Stream stream = typeof(Schema).Assembly.GetManifestResourceStream($"Schema/{version}.sql")
            ?? throw new InvalidOperationException($"Schema {version} is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
