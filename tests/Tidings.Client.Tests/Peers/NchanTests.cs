using System.Net.Sockets;
using System.Text;
using Tidings.Testing;

namespace Tidings.Client.Tests.Peers;

/// <summary>Against Nchan in nginx, over a Unix socket of its own. Needs the Debian packages nginx and libnginx-mod-nchan.</summary>
public sealed class NchanTests : IDisposable
{
    private const string Module = "/usr/lib/nginx/modules/ngx_nchan_module.so";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidings-nchan-");

    private string SocketPath => Path.Combine(_folder.FullName, "nginx.sock");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Every_event_arrives_once_and_in_order_and_a_second_source_resumes()
    {
        Assert.True(File.Exists(Module), $"{Module} is needed for this test: apt-get install nginx libnginx-mod-nchan");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "nginx.conf"), Configuration(), TestContext.Current.CancellationToken);
        await using ChildProcess nginx = ChildProcess.Start("nginx", "nginx", "-p", _folder.FullName, "-c", "nginx.conf", "-e", "error.log");
        using SocketsHttpHandler handler = EventSource.CreateHandler();
        handler.ConnectCallback = async (_, cancellationToken) => await ConnectAsync(cancellationToken);
        using var http = new HttpClient(handler);
        await PublishAsync(http, 1, 5);

        var options = new EventSourceOptions { Handler = handler };
        await using var first = new EventSource("http://nchan/sub", options);
        Assert.Equal<string[]>(["1 …\nx", "2 …\nx", "3 …\nx"], await TakeAsync(first, 3));
        Assert.NotEmpty(first.LastEventId);

        await PublishAsync(http, 6, 2);
        await using var second = new EventSource("http://nchan/sub", new EventSourceOptions { Handler = handler, LastEventId = first.LastEventId });
        Assert.Equal<string[]>(["4 …\nx", "5 …\nx", "6 …\nx", "7 …\nx"], await TakeAsync(second, 4));
    }

    private static async Task<string[]> TakeAsync(EventSource source, int count)
    {
        var taken = new List<string>();
        await foreach (ServerSentEvent e in source.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            taken.Add(e.Data);
            if (taken.Count == count)
            {
                break;
            }
        }

        return [.. taken];
    }

    private static async Task PublishAsync(HttpClient http, int first, int count)
    {
        for (int n = first; n < first + count; n++)
        {
            using var body = new StringContent($"{n} …\nx", Encoding.UTF8, "text/plain");
            using HttpResponseMessage response = await http.PostAsync("http://nchan/pub", body);
            response.EnsureSuccessStatusCode();
        }
    }

    // nginx makes its socket a moment after it was started; the first connection waits for it.
    private async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Hang.Limit, TimeProvider.System);
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (!patience.IsCancellationRequested)
            {
                // Not there yet, or there and not listened at yet.
                socket.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);
            }
        }
    }

    private string Configuration() =>
        $$"""
        load_module {{Module}};
        {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
        daemon off;
        worker_processes 1;
        pid nginx.pid;
        events { }
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          server {
            listen unix:{{SocketPath}};
            location = /pub { nchan_publisher; nchan_channel_id t; }
            location = /sub { nchan_subscriber eventsource; nchan_channel_id t; nchan_subscriber_first_message oldest; }
          }
        }
        """;
}
