using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tidings.Bench;

/// <summary>A server on loopback, a process of its own, and how the load is told to reach it.</summary>
internal abstract class MeasuredServer : IAsyncDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;

    protected MeasuredServer(string name, ProcessStartInfo start)
    {
        Name = name;
        start.UseShellExecute = false;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start) ?? throw new BenchFailedException($"{name} cannot be started.");
        Errors = _process.StandardError.ReadToEndAsync();
        _ = _process.StandardOutput.ReadToEndAsync(); // so that it cannot fill its pipe and wait for ever
    }

    public string Name { get; }

    /// <summary>The process whose CPU time and memory are measured.</summary>
    public virtual int MeasuredProcess => _process.Id;

    /// <summary>The options of <c>tidings bench</c> that say where streams are.</summary>
    public abstract IReadOnlyList<string> StreamOptions { get; }

    /// <summary>The options that say where to publish.</summary>
    public abstract IReadOnlyList<string> PublishOptions { get; }

    /// <summary>Both together.</summary>
    public virtual IReadOnlyList<string> FanOutOptions => [.. PublishOptions, .. StreamOptions];

    private Task<string> Errors { get; }

    public virtual async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    protected static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until it accepts connections.</summary>
    protected async Task WaitAsync(int port, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                if (_process.HasExited)
                {
                    throw new BenchFailedException($"{Name} has ended at once: {await Errors}");
                }

                if (Stopwatch.GetElapsedTime(began) > LongestStart)
                {
                    throw new BenchFailedException($"{Name} accepts no connection.");
                }

                await Task.Delay(LookAgain, TimeProvider.System, cancellationToken);
            }
        }
    }
}
