namespace Tidings.Server;

/// <summary>The places for connections, for all addresses that the hub listens at together.</summary>
/// <remarks>Safe for use from several threads.</remarks>
internal sealed partial class ConnectionRoom(int places, ILogger<ConnectionRoom> logger, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _free = new(places);
    private readonly Lock _gate = new();
    private long? _warned; // Guarded by _gate.

    /// <summary>Takes a place; waits while there is none.</summary>
    public Task EnterAsync(CancellationToken cancellationToken)
    {
        Task entering = _free.WaitAsync(cancellationToken);
        if (!entering.IsCompleted && IsWarningDue())
        {
            Full(logger, places);
        }

        return entering;
    }

    public void Leave() => _free.Release();

    public void Dispose() => _free.Dispose();

    private bool IsWarningDue()
    {
        lock (_gate)
        {
            if (_warned is { } last && time.GetElapsedTime(last) < BetweenWarnings)
            {
                return false;
            }

            _warned = time.GetTimestamp();
            return true;
        }
    }

    [LoggerMessage(301, LogLevel.Warning, "All of the {Places} connections that there is room for are open; others wait until one is closed. To make room, let the process open more files.")]
    private static partial void Full(ILogger logger, int places);
}
