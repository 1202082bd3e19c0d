using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Tidings.Testing;

namespace Tidings.Server.Tests.Nodes;

/// <summary>The page of <c>samples/Transactions</c>, as somebody follows it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class SampleTests
{
    [Fact]
    public async Task A_program_and_a_trigger_publish_in_the_transaction_that_changes_the_data()
    {
        await using PostgresServer database = await PostgresServer.StartAsync();
        int port = Ports.Free(1)[0];
        string[] blocks = DocumentedCommands.Read(
            "samples/Transactions/README.md", "# Publishing in the transaction that changes the data",
            ("Host=localhost;Database=postgres;Username=postgres", database.ConnectionString()),
            ("./tidings serve", $"./tidings serve --urls http://localhost:{port}"),
            ("http://localhost:4000/", $"http://localhost:{port}/"),
            ("dotnet run --project samples/Transactions --", $"dotnet '{Program()}'"),
            ("samples/Transactions/trigger.sql", Repository.PathOf("samples/Transactions/trigger.sql")),
            ("psql -h localhost -U postgres", $"psql -v ON_ERROR_STOP=1 -h 127.0.0.1 -p {database.Port} -U {PostgresServer.User} -d postgres"));
        Assert.Equal(4, blocks.Length);
        string[] transfers = blocks[2].Split('\n', StringSplitOptions.RemoveEmptyEntries);

        await using var terminal = new Shell();
        await using var watcher = new Shell();
        await terminal.RunAsync(blocks[0]);
        await terminal.ReadUntilAsync(text => text.Contains("Ctrl+C stops it.", StringComparison.Ordinal));
        await watcher.EnterAsync(blocks[1]);
        await watcher.ReadUntilAsync(text => text.Contains(':', StringComparison.Ordinal)); // the stream is open

        await terminal.RunAsync(transfers[0]);
        await terminal.RunAsync($"{transfers[1]}\n[ $? -eq 1 ]");
        await terminal.RunAsync(blocks[3]);

        string[] expected = ["130", "70", """{"id": 1, "name": "tea", "price": 3.20}""", """{"id": 1, "name": "tea", "price": 3.50}""", """{"id": 1, "name": "tea", "price": 3.50}"""];
        string seen = await watcher.ReadUntilAsync(text => Data().Count(text) >= expected.Length);
        Assert.Equal(expected, Data().Matches(seen).Select(match => match.Groups["value"].Value));
        Assert.Equal(["insert", "update", "delete"], Type().Matches(seen).Select(match => match.Groups["value"].Value));
    }

    [GeneratedRegex("^data: (?<value>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Data();

    [GeneratedRegex("^event: (?<value>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Type();

    // Built together with the tests, in the same configuration.
    private static string Program() => Repository.PathOf($"samples/Transactions/bin/{new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name}/net10.0/Transactions.dll"); // .../bin/Debug/net10.0/
}
