using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Tidings.Server.Tests.Nodes;

/// <summary>nginx with a whole configuration of its own, in one process that ends with the test.</summary>
internal sealed class RunningNginx : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new(); // Guarded by itself.

    private RunningNginx(string directory, string configuration)
    {
        // Where Debian keeps servers is not on everybody's path. A program that is missing fails the test: a test that did not run has not passed.
        string program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin").Select(place => Path.Combine(place, "nginx")).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("This test needs nginx, which is not on this machine. On Debian and Ubuntu: apt-get install nginx-light");
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(program, ["-p", directory, "-c", configuration, "-e", "stderr", "-g", "daemon off; master_process off;"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += (_, line) => Heard(line.Data);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static async Task<RunningNginx> StartAsync(string directory, string configuration, int port)
    {
        var nginx = new RunningNginx(directory, configuration);
        try
        {
            await nginx.WaitUntilListeningAsync(port);
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
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task WaitUntilListeningAsync(int port)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port, patience.Token);
                return;
            }
            catch (SocketException) when (!_process.HasExited)
            {
                await timer.WaitForNextTickAsync(patience.Token);
            }
            catch (SocketException refused)
            {
                await _process.WaitForExitAsync(patience.Token); // until all that it has said was heard
                throw new InvalidOperationException($"nginx has not started:\n{Output()}", refused);
            }
        }
    }

    private void Heard(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }

    private string Output()
    {
        lock (_output)
        {
            return _output.ToString();
        }
    }
}
