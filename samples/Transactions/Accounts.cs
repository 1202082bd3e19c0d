using System.Globalization;
using Npgsql;
using Tidings;

namespace Transactions;

/// <summary>Accounts in a table, and a page for each of them that shows its balance.</summary>
internal static class Accounts
{
    /// <summary>Makes the table if there is none, with two accounts.</summary>
    public static async Task CreateAsync(NpgsqlDataSource source)
    {
        await using NpgsqlCommand command = source.CreateCommand(
            """
            CREATE TABLE IF NOT EXISTS account (name text PRIMARY KEY, balance numeric NOT NULL CHECK (balance >= 0));
            INSERT INTO account VALUES ('alice', 100), ('bob', 100) ON CONFLICT DO NOTHING;
            """);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Changes two rows and publishes two events, all or nothing: each event has its place in the log when the rows have changed, and never existed when they have not.</summary>
    public static async Task TransferAsync(NpgsqlDataSource source, string from, string to, decimal amount)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await AddAsync(transaction, to, amount);

        // When the account does not hold that much this throws, and takes the event of the other account back, too.
        await AddAsync(transaction, from, -amount);
        await transaction.CommitAsync();
    }

    private static async Task AddAsync(NpgsqlTransaction transaction, string name, decimal amount)
    {
        await using var update = new NpgsqlCommand("UPDATE account SET balance = balance + $1 WHERE name = $2 RETURNING balance", transaction.Connection, transaction);
        update.Parameters.Add(new() { Value = amount });
        update.Parameters.Add(new() { Value = name });
        decimal balance = await update.ExecuteScalarAsync() as decimal? ?? throw new InvalidOperationException($"There is no account \"{name}\".");
        await transaction.PublishAsync(Topic.Of($"accounts/{name}"), new ServerEvent(balance.ToString(CultureInfo.InvariantCulture)));
    }
}
