using Tidings;

namespace Showcase;

/// <summary>
/// Notices who has left. Whoever has no stream for ten seconds is gone; whoever comes back before, after a reload, a lost connection or a restart of the server, was never away.
/// </summary>
internal sealed class ChatPresence(LiveState<ChatRoom> room, TimeProvider time, Pace pace) : BackgroundService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _streams = []; // How many a user has open. Guarded by _gate.
    private readonly Dictionary<string, long> _lastSeen = []; // Guarded by _gate.

    /// <summary>To call when a stream opens; what is returned is disposed when it ends.</summary>
    public IDisposable Enter(string id)
    {
        lock (_gate)
        {
            _streams[id] = _streams.GetValueOrDefault(id) + 1;
        }

        return new Leaving(this, id);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(pace.Seconds(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (ChatUser user in room.Current.Users.Where(IsGone))
            {
                try
                {
                    await Chat.LeaveAsync(room, user.Id, time);
                }
                catch (PublishException)
                {
                    // The log is busy, or the app stops: they are still in the room, and their time begins anew.
                }
            }
        }
    }

    private bool IsGone(ChatUser user)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            bool isGone = !_streams.ContainsKey(user.Id)
                && !_lastSeen.TryAdd(user.Id, now) // Who was here before a restart has as long as anybody to come back.
                && time.GetElapsedTime(_lastSeen[user.Id], now) >= pace.Seconds(10);
            if (isGone)
            {
                _lastSeen.Remove(user.Id);
            }

            return isGone;
        }
    }

    private void Exit(string id)
    {
        lock (_gate)
        {
            _lastSeen[id] = time.GetTimestamp();
            if (--_streams[id] == 0)
            {
                _streams.Remove(id);
            }
        }
    }

    private sealed class Leaving(ChatPresence presence, string id) : IDisposable
    {
        public void Dispose() => presence.Exit(id);
    }
}
