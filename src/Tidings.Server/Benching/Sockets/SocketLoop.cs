using System.Diagnostics;
using System.Net.Sockets;

namespace Tidings.Server;

/// <summary>One thread that serves all sockets of a run. Whatever belongs to the run is touched by that thread only, so nothing needs a lock.</summary>
internal sealed class SocketLoop : IDisposable
{
    /// <summary>How long nothing may happen before the loop looks at the clock, the bounds and Ctrl+C.</summary>
    private const int IdleMilliseconds = 20;

    private const int BufferBytes = 256 * 1024;

    private readonly Epoll _epoll = new();
    private readonly List<LoopConnection> _connections = [];
    private readonly CancellationToken _stopping;

    public SocketLoop(CancellationToken stopping) => _stopping = stopping;

    /// <summary>Where every connection reads to; what it cannot use at once it has to copy.</summary>
    public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    /// <summary>What to do at the time that was set with <see cref="SetTimer"/>.</summary>
    public Action<long>? OnTimer { get; set; }

    /// <summary>The time now, in nanoseconds since an unknown beginning.</summary>
    public static long Now() => Stopwatch.GetTimestamp();

    /// <summary>From a time of <see cref="Now"/> to a later one.</summary>
    public static TimeSpan Between(long begin, long end) => TimeSpan.FromTicks((end - begin) / TimeSpan.NanosecondsPerTick);

    public static long Nanoseconds(TimeSpan span) => span.Ticks * TimeSpan.NanosecondsPerTick;

    public void SetTimer(long time) => _epoll.SetTimer(time);

    /// <summary>Gives the connection its number; its sockets are added with it.</summary>
    public int Register(LoopConnection connection)
    {
        _connections.Add(connection);
        return _connections.Count - 1;
    }

    public void Add(Socket socket, int number) => _epoll.Add((int)socket.Handle, number);

    /// <summary>Serves the sockets until <paramref name="isDone"/>, which is asked after each round with the time.</summary>
    /// <exception cref="OperationCanceledException">Ctrl+C.</exception>
    public void RunUntil(Func<long, bool> isDone)
    {
        while (!isDone(Now()))
        {
            _stopping.ThrowIfCancellationRequested();
            int count = _epoll.Wait(IdleMilliseconds);
            for (int i = 0; i < count; i++)
            {
                int number = _epoll.NumberAt(i);
                if (number == Epoll.Timer)
                {
                    _epoll.SetTimer(long.MaxValue); // until it is set again; an expired timer would be told for ever
                    OnTimer?.Invoke(Now());
                }
                else
                {
                    _connections[number].OnReadable();
                }
            }
        }
    }

    public void Dispose()
    {
        foreach (LoopConnection connection in _connections)
        {
            connection.Dispose();
        }

        _epoll.Dispose();
    }
}
