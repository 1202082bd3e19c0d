using Tidings.LogContract;

namespace Tidings.Postgres.Tests;

public sealed class PostgresEventLogContractTests(SharedServer shared) : EventLogContract
{
    protected override async ValueTask<IEventLog> CreateAsync(int maxEvents = int.MaxValue, long maxBytes = long.MaxValue)
    {
        PostgresLogOptions options = shared.NewLog(maxEvents, maxBytes);
        IEventLog log = await PostgresEventLog.OpenAsync(options, TimeProvider.System, cancellationToken: TestContext.Current.CancellationToken);
        await SharedServer.PutOffAsync(options);
        return log;
    }
}
