using Npgsql;
using Tidings.Testing;

namespace Tidings.Server.Tests.Nodes;

/// <summary>Lets a PostgreSQL of the tests ask for passwords, which it does not do by itself.</summary>
internal static class Passwords
{
    /// <summary>Has everybody asked for a password from now on.</summary>
    /// <param name="database">The server.</param>
    /// <param name="own">The password of the one role that may do everything; null if that alone is not asked.</param>
    public static async Task AskForAsync(PostgresServer database, string? own = null)
    {
        await using var connection = new NpgsqlConnection($"{database.ConnectionString()};Pooling=false");
        await connection.OpenAsync();
        await using var show = new NpgsqlCommand("SHOW hba_file", connection);
        await File.WriteAllTextAsync((string)(await show.ExecuteScalarAsync())!, $"host all {PostgresServer.User} 127.0.0.1/32 {(own is null ? "trust" : "scram-sha-256")}\nhost all all 127.0.0.1/32 scram-sha-256\n"); // always set
        await using var reload = new NpgsqlCommand($"ALTER ROLE {PostgresServer.User} PASSWORD {(own is null ? "NULL" : $"'{own}'")}; SELECT pg_reload_conf()", connection);
        await reload.ExecuteNonQueryAsync();
    }
}
