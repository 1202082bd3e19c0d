namespace Tidings.Client.Tests.Peers;

/// <summary>Against the <c>http</c> module of Node.js. Needs <c>node</c> on the PATH.</summary>
public sealed class NodeTests
{
    // Sends three events a connection, flushed apart and cut within a line, then destroys the connection; says 204 after the twentieth.
    private const string Script =
        """
        const server = require('http').createServer(async (request, response) => {
          const last = Number(request.headers['last-event-id'] ?? 0);
          if (last >= 20) { response.writeHead(204).end(); return; }
          response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' });
          response.write(':hello\r\nretry: 100\r\n\r\n');
          const pause = () => new Promise(resolve => setImmediate(resolve));
          for (let n = last + 1; n <= last + 3; n++) {
            response.write(`event: count\r\ndata: ${n} …`); await pause();
            response.write(` é\r\ndata\r\nid: ${n}\r\n\r`); await pause();
            response.write('\n'); await pause();
          }
          response.write(`data: never finished\nid: 99\n`, () => response.destroy());
        });
        server.listen(0, '127.0.0.1', () => console.log(server.address().port));
        """;

    [Fact]
    public async Task Every_event_arrives_once_and_in_order_over_many_broken_connections()
    {
        await using ChildProcess node = ChildProcess.Start("node", "nodejs", "-e", Script);
        string port = await node.ReadLineAsync();

        var received = new List<string>();
        await using var source = new EventSource($"http://127.0.0.1:{port}/");
        await foreach (ServerSentEvent e in source.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            received.Add($"{e.Type}: {e.Data}#{e.LastEventId}");
        }

        Assert.Equal<string[]>([.. Enumerable.Range(1, 21).Select(n => $"count: {n} … é\n#{n}")], [.. received]);
    }
}
