using System.Net;
using System.Net.Sockets;

namespace Tidings.Testing;

/// <summary>How a connection is cut.</summary>
public enum CutKind
{
    /// <summary>By FIN, as a server that goes away in order.</summary>
    Fin,

    /// <summary>By RST, as a machine or a network that goes away.</summary>
    Reset,
}

/// <summary>Where and how one connection is cut.</summary>
/// <param name="AfterBytes">After so many bytes of the server's answer, its headers included; 0 for as soon as it begins.</param>
/// <param name="Kind">How.</param>
public sealed record Cut(int AfterBytes, CutKind Kind);

/// <summary>A TCP proxy on a loopback port of its own that passes bytes on, and cuts each connection at the byte that the test says. Thread-safe.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly IPEndPoint _target;
    private readonly Func<int, Cut?> _cutOf;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _cuts = new(0);
    private readonly List<Task> _connections = []; // Only the accepting loop touches this until it has ended.
    private readonly Lock _gate = new();
    private readonly List<Answer> _answers = []; // Those that come at this moment. Guarded by _gate.
    private int _cutCount;
    private readonly Task _accepting;

    /// <summary>Listens at once.</summary>
    /// <param name="target">The server.</param>
    /// <param name="cutOf">The cut of a connection by its number, counted from 0; null to leave it alone.</param>
    public CuttingProxy(IPEndPoint target, Func<int, Cut?> cutOf)
    {
        _target = target;
        _cutOf = cutOf;
        _listener.Start();
        Address = (IPEndPoint)_listener.LocalEndpoint;
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint Address { get; }

    /// <summary>How many connections have been cut.</summary>
    public int CutCount => Volatile.Read(ref _cutCount);

    /// <summary>Waits for one more connection to be cut.</summary>
    public async Task WaitForCutAsync(TimeSpan timeout)
    {
        if (!await _cuts.WaitAsync(timeout, _stopping.Token))
        {
            throw new TimeoutException($"No connection was cut within {timeout}.");
        }
    }

    /// <summary>Cuts every connection that is open now in what it answers next, unless its client closes it before.</summary>
    /// <param name="cut">Where and how one of them is cut; its bytes are counted from here on.</param>
    public void CutAll(Func<Cut> cut)
    {
        lock (_gate)
        {
            foreach (Answer answer in _answers)
            {
                Cut next = cut();
                answer.Cut = next with { AfterBytes = answer.Passed + next.AfterBytes };
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _cuts.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (int number = 0; ; number++)
            {
                Socket client = await _listener.AcceptSocketAsync(_stopping.Token);
                _connections.Add(ServeAsync(client, _cutOf(number)));
            }
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            // The test is over: the normal end.
        }
    }

    private async Task ServeAsync(Socket client, Cut? cut)
    {
        var answer = new Answer { Cut = cut };
        lock (_gate)
        {
            _answers.Add(answer);
        }

        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        using (var over = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token))
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(_target, over.Token);
                Task asking = PassAsync(client, server, read => read, over.Token);
                Task<bool> answering = PassAsync(server, client, read => Allow(answer, read), over.Token);
                await Task.WhenAny(asking, answering);
                bool isCut = answering.IsCompletedSuccessfully && await answering;
                await over.CancelAsync();
                if (isCut)
                {
                    client.LingerState = new LingerOption(enable: answer.Cut?.Kind == CutKind.Reset, seconds: 0);
                    client.Close();
                    Interlocked.Increment(ref _cutCount);
                    _cuts.Release();
                }

                await Task.WhenAll(asking, answering);
            }
            catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One side went away, or the test is over: so does the other.
            }
        }

        lock (_gate)
        {
            _answers.Remove(answer);
        }
    }

    // How many of the bytes that have come may pass.
    private int Allow(Answer answer, int read)
    {
        lock (_gate)
        {
            int allowed = answer.Cut is Cut cut ? Math.Min(read, cut.AfterBytes - answer.Passed) : read;
            answer.Passed += allowed;
            return allowed;
        }
    }

    /// <summary>Passes bytes on until the source ends (false) or not all of them are allowed (true).</summary>
    private static async Task<bool> PassAsync(Socket from, Socket to, Func<int, int> allow, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            int read = await from.ReceiveAsync(buffer, cancellationToken);
            if (read == 0)
            {
                return false;
            }

            int allowed = allow(read);
            for (int sent = 0; sent < allowed;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, allowed - sent), cancellationToken);
            }

            if (allowed < read)
            {
                return true;
            }
        }
    }

    // What a server answers on one connection.
    private sealed class Answer
    {
        // In bytes since the connection began; null while it is left alone.
        public Cut? Cut { get; set; }

        public int Passed { get; set; }
    }
}
