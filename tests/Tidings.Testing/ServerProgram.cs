using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidings.Testing;

/// <summary>A server of somebody else's, as it is installed on this machine, in a process of its own that ends with the test.</summary>
public sealed class ServerProgram : IAsyncDisposable
{
    // Where Debian keeps servers, which is not on everybody's path.
    private static readonly string[] MorePlaces = ["/usr/sbin", "/usr/local/sbin"];

    private readonly string _name;
    private readonly Process _process;
    private readonly StringBuilder _output = new(); // Guarded by itself.

    private ServerProgram(string name, string package, IEnumerable<string> arguments, string directory)
    {
        _name = name;
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(Find(name, package), arguments)
            {
                WorkingDirectory = directory,
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

    /// <summary>What it has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts it, and waits until it takes connections.</summary>
    /// <param name="name">The program's file.</param>
    /// <param name="package">The package of Debian and Ubuntu that has it, for whoever lacks it.</param>
    /// <param name="arguments">What it is called with.</param>
    /// <param name="directory">The directory that it runs in.</param>
    /// <param name="listen">Where it listens.</param>
    /// <exception cref="InvalidOperationException">It is not installed, or has ended; the message has what it wrote.</exception>
    public static async Task<ServerProgram> StartAsync(string name, string package, IEnumerable<string> arguments, string directory, IPEndPoint listen)
    {
        var program = new ServerProgram(name, package, arguments, directory);
        try
        {
            await program.WaitUntilListeningAsync(listen);
            return program;
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    // A program that is missing fails the test: a test that did not run has not passed.
    private static string Find(string name, string package) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(MorePlaces)
            .Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"This test needs {name}, which is not on this machine. On Debian and Ubuntu: apt-get install {package}");

    // Few of them say when they are ready: each is when it takes a connection.
    private async Task WaitUntilListeningAsync(IPEndPoint listen)
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        do
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(listen, patience.Token);
                return;
            }
            catch (SocketException) when (!_process.HasExited)
            {
                // Not yet.
            }
            catch (SocketException refused)
            {
                await _process.WaitForExitAsync(patience.Token); // until all that it has said was heard
                throw new InvalidOperationException($"{_name} has not started:\n{Output}", refused);
            }
        }
        while (await timer.WaitForNextTickAsync(patience.Token));
    }

    private void Heard(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
