using System.Globalization;
using Npgsql;
using Transactions;

if (args is not [var connectionString, var from, var to, var text] || !decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out decimal amount))
{
    Console.Error.WriteLine("Usage: dotnet run --project samples/Transactions -- 'Host=...;Database=...;Username=...' FROM TO AMOUNT");
    return 2;
}

await using NpgsqlDataSource source = NpgsqlDataSource.Create(connectionString);
await Accounts.CreateAsync(source);
try
{
    await Accounts.TransferAsync(source, from, to, amount);
    Console.WriteLine($"{from} has paid {to} {amount.ToString(CultureInfo.InvariantCulture)}.");
    return 0;
}
catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.CheckViolation)
{
    Console.Error.WriteLine($"{from} does not have that much. Nothing has changed, and nobody was told anything.");
    return 1;
}
