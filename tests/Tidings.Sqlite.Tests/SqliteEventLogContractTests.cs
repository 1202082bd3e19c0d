using Tidings.LogContract;
using Tidings.Testing;

namespace Tidings.Sqlite.Tests;

public sealed class SqliteEventLogContractTests : EventLogContract, IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override ValueTask<IEventLog> CreateAsync(int maxEvents = int.MaxValue, long maxBytes = long.MaxValue) =>
        ValueTask.FromResult<IEventLog>(SqliteEventLog.Open(
            new SqliteLogOptions { Directory = _directory.Path, Retention = new() { MaxEvents = maxEvents, MaxBytes = maxBytes } },
            new FakeTimeProvider()));
}
