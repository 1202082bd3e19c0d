using Microsoft.Data.Sqlite;
using Tidings.Testing;

namespace Tidings.Sqlite.Tests.Inspecting;

/// <summary>A log with a broker over it, and ways to look at it from outside and to damage it.</summary>
internal sealed class InspectedLog : IAsyncDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly SqliteEventLog _log;
    private bool _isClosed;

    public InspectedLog(Action<SqliteLogOptions>? configure = null)
    {
        var options = new SqliteLogOptions { Directory = _directory.Path };
        configure?.Invoke(options);
        _log = SqliteEventLog.Open(options, Time);
        Broker = new Broker(new BrokerOptions(), _log, Time);
    }

    public FakeTimeProvider Time { get; } = new();

    public Broker Broker { get; }

    public string Directory => _directory.Path;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public SqliteLogInspector Inspect() => SqliteLogInspector.Open(Directory);

    public async Task<string> PublishAsync(string topic, string data) => (await Broker.PublishAsync(topic, data, Cancellation)).Value;

    public async Task<string> PublishAsync(ServerEvent content, EventAudience audience, params Topic[] topics) =>
        (await Broker.PublishAsync(topics, content, audience, cancellationToken: Cancellation)).Value;

    /// <summary>Ends the hub's part in order, so that the files hold everything.</summary>
    public async Task CloseAsync()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            await Broker.DisposeAsync();
            await _log.DisposeAsync();
        }
    }

    /// <summary>Changes the closed log behind its back.</summary>
    public async Task DamageAsync(string sql)
    {
        await CloseAsync();
        await using var connection = new SqliteConnection($"Data Source={_directory.Database};Pooling=False");
        connection.Open();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>What a crash at this moment leaves: the files as they are, without the lock.</summary>
    public void CopyTo(string directory)
    {
        foreach (string name in (string[])["log.db", "log.db-wal"])
        {
            File.Copy(Path.Combine(Directory, name), Path.Combine(directory, name));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _directory.Dispose();
    }
}
