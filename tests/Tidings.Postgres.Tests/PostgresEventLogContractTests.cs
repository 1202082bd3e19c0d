using Tidings.LogContract;

namespace Tidings.Postgres.Tests;

public sealed class PostgresEventLogContractTests(SharedServer shared) : EventLogContract
{
    protected override async ValueTask<IEventLog> CreateAsync(int maxEvents = int.MaxValue, long maxBytes = long.MaxValue) =>
        await PostgresEventLog.OpenAsync(shared.NewLog(maxEvents, maxBytes), TimeProvider.System, cancellationToken: TestContext.Current.CancellationToken);
}
