using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>
/// A state that windows watch. A window reads it together with a cursor and opens its stream there: so it sees each later change once and misses none.
/// </summary>
/// <remarks>
/// Each change is saved first and published then, with a key: a publish that a crash has cut off is made up for at the next start, and one that had come through is
/// recognised by the log. So file and log agree again whatever happens in between.
/// </remarks>
internal sealed partial class LiveState<T>(Topic topic, T first, string file, Broker broker, ILogger<LiveState<T>> logger) : IHostedService, IDisposable
    where T : class
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile Saved _saved = new(first, Untold: null); // Written under _gate.

    public Topic Topic { get; } = topic;

    /// <summary>The newest state, for those who do not open a stream with it.</summary>
    public T Current => _saved.State;

    /// <summary>The state, and the id after which the stream of what comes next begins.</summary>
    public async Task<(T State, string Cursor)> ReadAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await TellAsync();

            // While this lock is held nothing changes: the cursor lies behind all that the state holds, and before all that it does not hold.
            return (_saved.State, (await broker.GetLastEventIdAsync(cancellationToken)).Value);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Changes the state, one change after the other.</summary>
    /// <param name="change">Makes of the newest state the next one and the event that tells of it; null if nothing is to change.</param>
    public async Task ChangeAsync(Func<T, Change<T>?> change)
    {
        await _gate.WaitAsync();
        try
        {
            await TellAsync();
            if (change(_saved.State) is not { } next)
            {
                return;
            }

            await SaveAsync(new Saved(next.State, new Untold(Guid.NewGuid(), next.Event.Type?.Value, next.Event.Data)));
            try
            {
                await TellAsync();
            }
            catch (PublishException failure)
            {
                LogUntold(logger, failure, Topic.Value); // It is saved, and will be told before the next change or at the next start.
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(file))
        {
            await using FileStream stream = File.OpenRead(file);
            _saved = await JsonSerializer.DeserializeAsync<Saved>(stream, JsonSerializerOptions.Web, cancellationToken) is { State: not null } saved
                ? saved
                : throw new InvalidDataException($"{file} holds no state. Delete it to begin anew.");
        }

        await TellAsync();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _gate.Dispose();

    /// <summary>Publishes the change that is saved but may not be published yet.</summary>
    private async Task TellAsync()
    {
        if (_saved.Untold is { } untold)
        {
            var told = new ServerEvent(untold.Data, untold.Type);
            await broker.PublishAsync([Topic], told, EventAudience.Everybody, IdempotencyKey.Of($"{untold.Key}"));
            await SaveAsync(_saved with { Untold = null });
        }
    }

    private async Task SaveAsync(Saved saved)
    {
        // Never write into the file itself: a crash in the middle would leave half a state.
        string next = file + ".new";
        await using (FileStream stream = File.Create(next))
        {
            await JsonSerializer.SerializeAsync(stream, saved, JsonSerializerOptions.Web);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
        _saved = saved;
    }

    [LoggerMessage(2, LogLevel.Warning, "A change of {Topic} is saved, but not published yet.")]
    private static partial void LogUntold(ILogger logger, Exception failure, string topic);

    private sealed record Saved(T State, Untold? Untold);

    private sealed record Untold(Guid Key, string? Type, string? Data);
}

/// <summary>The next state, and the event by which windows learn what has changed.</summary>
internal sealed record Change<T>(T State, ServerEvent Event);
