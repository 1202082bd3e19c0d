using System.Globalization;
using Npgsql;

namespace Tidings;

/// <summary>What the database says of itself, and what an acknowledged event survives therefore.</summary>
internal sealed record ServerFacts(string Version, Durability Durability, string Description)
{
    // The first one with pg_current_xact_id.
    private const int OldestVersion = 130000;

    /// <exception cref="EventLogException">The database is too old, or of an encoding that cannot hold every event.</exception>
    public static async Task<ServerFacts> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(
            """
            SELECT current_setting('server_version'), current_setting('server_version_num')::int, current_setting('server_encoding'),
                current_setting('fsync'), current_setting('synchronous_commit'), current_setting('synchronous_standby_names'), (SELECT count(*) FROM pg_stat_replication)
            """,
            connection);
        using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        string version = reader.GetString(0).Split(' ')[0];
        if (reader.GetInt32(1) < OldestVersion)
        {
            throw new EventLogException($"PostgreSQL {version} is too old for the log, which needs 13 or later.");
        }

        if (reader.GetString(2) != "UTF8")
        {
            throw new EventLogException($"The database's encoding is {reader.GetString(2)}, and events are UTF-8. Use a database that was made with ENCODING 'UTF8'.");
        }

        string commit = reader.GetString(4);
        Durability durability = (reader.GetString(3), commit) switch
        {
            (_, "off") => Durability.Process, // acknowledged before it is written: a crash of the database takes the last moment
            ("off", _) => Durability.Memory,
            _ => Durability.Disk,
        };
        long replicas = reader.GetInt64(6);
        string waits = reader.GetString(5).Length > 0 && commit is "on" or "remote_write" or "remote_apply" ? ", which commits wait for" : ", which commits do not wait for";
        string description = string.Create(
            CultureInfo.InvariantCulture,
            $"PostgreSQL {version}, synchronous_commit {commit}{(reader.GetString(3) == "off" ? ", fsync off" : "")}, {(replicas == 0 ? "no replica" : $"{replicas} replica{(replicas == 1 ? "" : "s")}{waits}")}");
        return new ServerFacts(version, durability, description);
    }
}
