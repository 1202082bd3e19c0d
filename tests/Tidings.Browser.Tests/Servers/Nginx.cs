using System.Net;
using System.Net.Sockets;
using Tidings.Testing;

namespace Tidings.Browser.Tests;

/// <summary>An nginx of the test's own before a server: one process, its files in a temporary directory.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly ServerProcess _process;
    private readonly DirectoryInfo _directory;

    private Nginx(ServerProcess process, DirectoryInfo directory, Uri address)
    {
        _process = process;
        _directory = directory;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>Starts it with its own defaults, buffering included.</summary>
    /// <param name="target">The server behind it.</param>
    /// <param name="directives">What the location says beside <c>proxy_pass</c>.</param>
    /// <param name="shared">What is said for all servers; paths in it are below a directory of the test's own.</param>
    public static async Task<Nginx> StartAsync(Uri target, string directives, string shared = "")
    {
        string program = Programs.Find("nginx", "nginx");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tidings-nginx-");
        int port = Ports.Free(1)[0];
        string configuration = Path.Combine(directory.FullName, "nginx.conf");
        await File.WriteAllTextAsync(configuration, Configuration(directory.FullName, port, target, directives, shared));
        ServerProcess process = ServerProcess.Start(program, ["-p", directory.FullName, "-c", configuration, "-e", "stderr"], directory.FullName);
        var nginx = new Nginx(process, directory, new Uri($"http://127.0.0.1:{port}"));
        try
        {
            await nginx.WaitUntilListeningAsync();
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    // One process, so that ending it by its id ends all of it; temporary files where anybody may write.
    private static string Configuration(string directory, int port, Uri target, string directives, string shared) =>
        $$"""
        daemon off;
        master_process off;
        pid {{directory}}/nginx.pid;
        error_log stderr;
        events { }
        http {
          access_log off;
          client_body_temp_path {{directory}}/body;
          proxy_temp_path {{directory}}/proxy;
          fastcgi_temp_path {{directory}}/fastcgi;
          uwsgi_temp_path {{directory}}/uwsgi;
          scgi_temp_path {{directory}}/scgi;
          {{shared}}
          server {
            listen 127.0.0.1:{{port}};
            location / {
              proxy_pass {{target.GetLeftPart(UriPartial.Authority)}};
              {{directives}}
            }
          }
        }
        """;

    // nginx says nothing when it is ready: it is when it takes a connection.
    private async Task WaitUntilListeningAsync()
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        do
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Address.Port, patience.Token);
                return;
            }
            catch (SocketException) when (!_process.HasExited)
            {
                // Not yet.
            }
            catch (SocketException refused)
            {
                throw new InvalidOperationException($"nginx has not started:\n{_process.Output()}", refused);
            }
        }
        while (await timer.WaitForNextTickAsync(patience.Token));
    }
}
