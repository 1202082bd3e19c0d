using System.Net;
using System.Net.Sockets;

namespace Tidings.Testing;

/// <summary>
/// A TCP server on a free port of the loopback address that does only what the test says, byte by byte: each connection is taken,
/// read, answered, closed or reset by hand. Connections that the test has not taken wait, unanswered.
/// </summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<ScriptedConnection> _connections = [];

    private ScriptedServer() => _listener.Start();

    /// <summary>The server's root, such as <c>http://127.0.0.1:40123/</c>.</summary>
    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>The server's origin, without a slash at the end.</summary>
    public string Origin => Url.GetLeftPart(UriPartial.Authority);

    /// <summary>Whether somebody has connected whom the test has not taken.</summary>
    public bool HasPendingConnection => _listener.Pending();

    /// <summary>How many connections the test has taken.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>Starts a server.</summary>
    public static ScriptedServer Start() => new();

    /// <summary>Takes the next connection.</summary>
    public async Task<ScriptedConnection> AcceptAsync()
    {
        Socket socket = await _listener.AcceptSocketAsync().WaitAsync(Hang.Limit);
        socket.NoDelay = true;
        var connection = new ScriptedConnection(socket);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>Takes the next connection and reads its request.</summary>
    public async Task<(ScriptedConnection Connection, ScriptedRequest Request)> AcceptRequestAsync()
    {
        ScriptedConnection connection = await AcceptAsync();
        return (connection, await connection.ReadRequestAsync());
    }

    /// <summary>Takes the next connection, reads its request and opens an event stream that begins with <paramref name="events"/>.</summary>
    public async Task<ScriptedConnection> AcceptStreamAsync(string events = "")
    {
        (ScriptedConnection connection, _) = await AcceptRequestAsync();
        await connection.OpenStreamAsync(events);
        return connection;
    }

    /// <summary>Takes the next connection, reads its request, answers it with <paramref name="response"/> and closes.</summary>
    public async Task<ScriptedRequest> AnswerAsync(string response)
    {
        (ScriptedConnection connection, ScriptedRequest request) = await AcceptRequestAsync();
        await connection.SendAsync(response);
        connection.Close();
        return request;
    }

    /// <summary>Refuses further connections, and closes those that are open.</summary>
    public ValueTask DisposeAsync()
    {
        _listener.Stop();
        foreach (ScriptedConnection connection in _connections)
        {
            connection.Close();
        }

        return ValueTask.CompletedTask;
    }
}
