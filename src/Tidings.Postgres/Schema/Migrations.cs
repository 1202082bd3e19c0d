using System.Globalization;
using Npgsql;

namespace Tidings;

/// <summary>The tables and functions of the log and their versions: each file in this folder leads from the version before it to its own.</summary>
internal static class Migrations
{
    public const int Newest = 2;

    /// <summary>Tells the version of the tables; 0 if there are none.</summary>
    public static async Task<int> VersionAsync(Database database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // By the catalogue's rows: what names lead to is remembered, also while somebody else makes the tables.
        using (NpgsqlCommand find = database.Statement(connection, "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = '{schema}' AND tablename = 'version')"))
        {
            if (await find.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
            {
                return 0;
            }
        }

        using NpgsqlCommand read = database.Statement(connection, "SELECT max(version) FROM {schema}.version");
        return await read.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is int version ? version : 0;
    }

    /// <summary>Makes the schema and its tables, or brings those of an older version up to this one, in one transaction; tells the version before.</summary>
    /// <exception cref="EventLogException">The tables are of a newer version.</exception>
    public static async Task<int> RunAsync(Database database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        int version = await VersionAsync(database, connection, cancellationToken).ConfigureAwait(false);
        if (version == Newest)
        {
            return version;
        }

        ThrowIfNewer(database, version);
        using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);

        // Nodes that start together: one does it, the others wait and find it done.
        await ExecuteAsync(database, connection, "SELECT pg_advisory_xact_lock(hashtextextended('tidings migration of {schema}', 0))", cancellationToken).ConfigureAwait(false);
        version = await VersionAsync(database, connection, cancellationToken).ConfigureAwait(false);
        ThrowIfNewer(database, version);
        if (version == 0)
        {
            await CreateSchemaAsync(database, connection, cancellationToken).ConfigureAwait(false);
        }

        for (int next = version + 1; next <= Newest; next++)
        {
            await ExecuteAsync(database, connection, Read(next).Replace("{channel}", database.Channel, StringComparison.Ordinal), cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(database, connection, string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {{schema}}.version (version) VALUES ({next})"), cancellationToken).ConfigureAwait(false);
        }

        if (version == 0)
        {
            await CreateLogAsync(database, connection, cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return version;
    }

    /// <exception cref="EventLogException">The tables are missing, or not of this version.</exception>
    public static void ThrowIfNotNewest(Database database, int version)
    {
        ThrowIfNewer(database, version);
        if (version < Newest)
        {
            throw new EventLogException(
                version == 0
                    ? $"There is no log in the schema \"{database.Schema}\" of {database.Description}. Make it with \"tidings log migrate\"."
                    : $"The log in the schema \"{database.Schema}\" of {database.Description} is of version {version}, and this program needs {Newest}. Bring it up to date with \"tidings log migrate\".");
        }
    }

    private static void ThrowIfNewer(Database database, int version)
    {
        if (version > Newest)
        {
            throw new EventLogException(
                $"The log in the schema \"{database.Schema}\" of {database.Description} was written by a newer version of Tidings (its tables are {version}, and this program knows up to {Newest}). Use that version. Nothing was changed.");
        }
    }

    // A role that owns the schema alone may not even ask to make it when it is there.
    private static async Task CreateSchemaAsync(Database database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using (NpgsqlCommand find = database.Statement(connection, "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = '{schema}')"))
        {
            if (await find.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
            {
                await ExecuteAsync(database, connection, "CREATE SCHEMA {schema}", cancellationToken).ConfigureAwait(false);
            }
        }

        await ExecuteAsync(
            database, connection, "CREATE TABLE {schema}.version (version integer PRIMARY KEY, since timestamptz NOT NULL DEFAULT now())", cancellationToken).ConfigureAwait(false);
    }

    // Together with the tables: a log without this row is a damaged one.
    private static async Task CreateLogAsync(Database database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using NpgsqlCommand create = database.Statement(connection, "INSERT INTO {schema}.log (epoch, id_key) VALUES ($1, $2)");
        create.Parameters.Add(new() { Value = (long)Epochs.New() });
        create.Parameters.Add(new() { Value = System.Security.Cryptography.RandomNumberGenerator.GetBytes(16) });
        await create.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task ExecuteAsync(Database database, NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = database.Statement(connection, sql);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string Read(int version)
    {
        using Stream stream = typeof(Migrations).Assembly.GetManifestResourceStream(string.Create(CultureInfo.InvariantCulture, $"Schema/{version}.sql"))
            ?? throw new InvalidOperationException($"Schema {version} is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
