using Npgsql;
using NpgsqlTypes;

namespace Tidings;

/// <summary>What the nodes on one log tell each other, in tables beside it that a crash of the database empties. Leases are measured by the database's clock.</summary>
/// <remarks>Whoever renews, changes or takes locks the row of the node first, so a node that was taken from can do nothing any more, and nobody takes what is about to be changed.</remarks>
internal sealed class PostgresNodeEntries(Database database) : INodeEntries
{
    private const string Joining = "INSERT INTO {schema}.node (node, lease_until) VALUES ($1, clock_timestamp() + $2) ON CONFLICT (node) DO NOTHING";

    private const string Renewing =
        "UPDATE {schema}.node SET lease_until = clock_timestamp() + $2 WHERE node = $1 AND lease_until > clock_timestamp() AND taker IS NULL";

    private const string Changing =
        """
        WITH alive AS (
            SELECT FROM {schema}.node WHERE node = $1 AND lease_until > clock_timestamp() AND taker IS NULL FOR SHARE
        ), added AS (
            INSERT INTO {schema}.node_entry (node, key, value)
            SELECT $1, a.key, a.value FROM unnest($2, $3) WITH ORDINALITY AS a (key, value, position) WHERE EXISTS (SELECT FROM alive) ORDER BY a.position
            ON CONFLICT (node, key) DO NOTHING
        ), ended AS (
            UPDATE {schema}.node_entry SET has_ended = true WHERE node = $1 AND key = ANY ($4) AND EXISTS (SELECT FROM alive)
        )
        SELECT EXISTS (SELECT FROM alive)
        """;

    private const string Listing =
        """
        SELECT e.place, e.node, e.key, e.value FROM {schema}.node_entry e JOIN {schema}.node n ON n.node = e.node
        WHERE e.place > $1 AND NOT e.has_ended AND n.taker IS NULL ORDER BY e.place LIMIT $2
        """;

    // Those that another node is about to take are its own.
    private const string Taking =
        """
        UPDATE {schema}.node SET taker = $1, taken_until = clock_timestamp() + $2 WHERE node = ANY (ARRAY(
            SELECT node FROM {schema}.node
            WHERE lease_until <= clock_timestamp() AND (taker IS NULL OR taker = $1 OR taken_until <= clock_timestamp())
            FOR UPDATE SKIP LOCKED))
        """;

    private const string Forgetting = "DELETE FROM {schema}.node n WHERE n.taker = $1 AND NOT EXISTS (SELECT FROM {schema}.node_entry e WHERE e.node = n.node)";

    private const string Taken =
        "SELECT e.place, e.node, e.key, e.value FROM {schema}.node_entry e JOIN {schema}.node n ON n.node = e.node WHERE n.taker = $1 ORDER BY e.place LIMIT $2";

    private const string Removing = "DELETE FROM {schema}.node_entry e USING unnest($1, $2) AS r (node, key) WHERE e.node = r.node AND e.key = r.key";

    private const string Leaving = "UPDATE {schema}.node SET lease_until = least(lease_until, clock_timestamp()) WHERE node = $1";

    // With the third of it that passes until others look, it stays below the 30 s that are promised.
    public TimeSpan Lease => TimeSpan.FromSeconds(20);

    public async ValueTask JoinAsync(Guid node, CancellationToken cancellationToken) =>
        await ExecuteAsync(Joining, cancellationToken, Parameter(node), Parameter(Lease)).ConfigureAwait(false);

    public async ValueTask<bool> RenewAsync(Guid node, CancellationToken cancellationToken) =>
        await ExecuteAsync(Renewing, cancellationToken, Parameter(node), Parameter(Lease)).ConfigureAwait(false) == 1;

    public async ValueTask<bool> ChangeAsync(Guid node, IReadOnlyList<NodeEntry> added, IReadOnlyList<long> ended, CancellationToken cancellationToken)
    {
        try
        {
            using NpgsqlCommand command = database.Statement(Changing);
            command.Parameters.Add(Parameter(node));
            command.Parameters.Add(Array(NpgsqlDbType.Bigint, added, static entry => entry.Key));
            command.Parameters.Add(Array(NpgsqlDbType.Bytea, added, static entry => entry.Value));
            command.Parameters.Add(Array(NpgsqlDbType.Bigint, ended, static key => key));
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
        }
        catch (Exception failure) when (Database.IsOfDatabase(failure))
        {
            throw database.Failure(failure);
        }
    }

    public ValueTask<IReadOnlyList<NodeEntry>> ListAfterAsync(long place, int max, CancellationToken cancellationToken) =>
        ReadAsync(Listing, cancellationToken, Parameter(place), Parameter((long)max));

    public async ValueTask<IReadOnlyList<NodeEntry>> TakeEndedAsync(Guid node, int max, CancellationToken cancellationToken)
    {
        // Each sees what the one before it has done; what fails in between is done the next time.
        await ExecuteAsync(Taking, cancellationToken, Parameter(node), Parameter(Lease)).ConfigureAwait(false);
        await ExecuteAsync(Forgetting, cancellationToken, Parameter(node)).ConfigureAwait(false);
        return await ReadAsync(Taken, cancellationToken, Parameter(node), Parameter((long)max)).ConfigureAwait(false);
    }

    public async ValueTask RemoveAsync(IReadOnlyList<NodeEntry> entries, CancellationToken cancellationToken) => await ExecuteAsync(
        Removing, cancellationToken, Array(NpgsqlDbType.Uuid, entries, static entry => entry.Node), Array(NpgsqlDbType.Bigint, entries, static entry => entry.Key)).ConfigureAwait(false);

    public async ValueTask LeaveAsync(Guid node, CancellationToken cancellationToken) => await ExecuteAsync(Leaving, cancellationToken, Parameter(node)).ConfigureAwait(false);

    private static NpgsqlParameter<T> Parameter<T>(T value) => new() { TypedValue = value };

    private static NpgsqlParameter<TOut[]> Array<T, TOut>(NpgsqlDbType type, IReadOnlyList<T> values, Func<T, TOut> select) =>
        new() { TypedValue = [.. values.Select(select)], NpgsqlDbType = NpgsqlDbType.Array | type };

    private async ValueTask<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        try
        {
            using NpgsqlCommand command = database.Statement(sql);
            command.Parameters.AddRange(parameters);
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (Database.IsOfDatabase(failure))
        {
            throw database.Failure(failure);
        }
    }

    private async ValueTask<IReadOnlyList<NodeEntry>> ReadAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        try
        {
            using NpgsqlCommand command = database.Statement(sql);
            command.Parameters.AddRange(parameters);
            using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            var entries = new List<NodeEntry>();
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                entries.Add(new NodeEntry(reader.GetGuid(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3), reader.GetInt64(0)));
            }

            return entries;
        }
        catch (Exception failure) when (Database.IsOfDatabase(failure))
        {
            throw database.Failure(failure);
        }
    }
}
