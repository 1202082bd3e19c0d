using Tidings.LogContract;

namespace Tidings.Postgres.Tests;

public sealed class SharedEventLogContractTests(SharedServer shared) : SharedEventLogContract
{
    protected override async ValueTask<IReadOnlyList<IEventLog>> CreateAsync(int nodes)
    {
        PostgresLogOptions options = shared.NewLog();
        var logs = new List<IEventLog>();
        for (int i = 0; i < nodes; i++)
        {
            logs.Add(await PostgresEventLog.OpenAsync(options, TimeProvider.System, cancellationToken: TestContext.Current.CancellationToken));
        }

        await SharedServer.PutOffAsync(options);
        return logs;
    }
}
