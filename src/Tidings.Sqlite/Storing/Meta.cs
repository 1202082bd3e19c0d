using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>The row <c>meta</c>: where the log begins and ends.</summary>
internal static class Meta
{
    /// <summary>Reads the row, without the rules.</summary>
    /// <exception cref="EventLogException">The row is damaged or missing.</exception>
    public static LogState Read(SqliteConnection connection, string path, out byte[] idKey) =>
        TryRead(connection, path, out idKey) ?? throw Damage.Found(path, "it does not say where it ends");

    /// <summary>Reads the row, without the rules; null if it is missing.</summary>
    /// <exception cref="EventLogException">The row is damaged.</exception>
    public static LogState? TryRead(SqliteConnection connection, string path, out byte[] idKey)
    {
        idKey = [];
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT epoch, last, floor, events, bytes, id_key, checksum, (SELECT max(sequence) FROM event) FROM meta";
        using SqliteDataReader reader = command.ExecuteReader();
        if (!reader.Read())
        {
            return null;
        }

        idKey = reader.GetFieldValue<byte[]>(5);
        var state = new LogState
        {
            Epoch = unchecked((uint)reader.GetInt64(0)),
            Last = reader.GetInt64(1),
            Floor = reader.GetInt64(2),
            Events = reader.GetInt64(3),
            Bytes = reader.GetInt64(4),
            Rules = new Rules([]),
        };
        long newest = reader.IsDBNull(7) ? 0 : reader.GetInt64(7);
        return Checksum.Of(state, idKey) == reader.GetInt64(6) && newest <= state.Last
            ? state
            : throw Damage.Found(path, "it contradicts itself about where it ends");
    }

    /// <summary>Writes the row of a new log.</summary>
    public static void Create(SqliteConnection connection)
    {
        byte[] idKey = RandomNumberGenerator.GetBytes(16);
        var state = new LogState { Epoch = NewEpoch(), Last = 0, Floor = 1, Events = 0, Bytes = 0, Rules = new Rules([]) };
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "INSERT INTO meta VALUES (1, $epoch, $id_key, $last, $floor, $events, $bytes, $checksum)";
        command.Parameters.AddWithValue("$epoch", (long)state.Epoch);
        command.Parameters.AddWithValue("$id_key", idKey);
        command.Parameters.AddWithValue("$last", state.Last);
        command.Parameters.AddWithValue("$floor", state.Floor);
        command.Parameters.AddWithValue("$events", state.Events);
        command.Parameters.AddWithValue("$bytes", state.Bytes);
        command.Parameters.AddWithValue("$checksum", (long)Checksum.Of(state, idKey));
        command.ExecuteNonQuery();
    }

    /// <summary>Begins a new life of the log: cursors from before are told a gap.</summary>
    public static void RotateEpoch(SqliteConnection connection, string path)
    {
        LogState state = Read(connection, path, out byte[] idKey);
        uint epoch;
        do
        {
            epoch = NewEpoch();
        }
        while (epoch == state.Epoch);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "UPDATE meta SET epoch = $epoch, checksum = $checksum";
        command.Parameters.AddWithValue("$epoch", (long)epoch);
        command.Parameters.AddWithValue("$checksum", (long)Checksum.Of(state with { Epoch = epoch }, idKey));
        command.ExecuteNonQuery();
    }

    private static uint NewEpoch() => BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
}
