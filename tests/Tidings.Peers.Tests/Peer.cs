using System.Diagnostics;
using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Peers.Tests;

/// <summary>A program of its own: the hub, or a client of somebody else's. It writes lines; it is ended by its own id.</summary>
internal sealed class Peer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;

    private Peer(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>One of the scripts in <c>Programs/</c>.</summary>
    public static Peer Start(string script, object argument)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Programs", script);
        return Start(script.EndsWith(".php", StringComparison.Ordinal) ? "php" : "node", path, JsonSerializer.Serialize(argument));
    }

    public static Peer Start(string program, params string[] arguments) => Start(program, arguments, []);

    public static Peer Start(string program, string[] arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["NODE_PATH"] = Path.Combine(Repository(), "artifacts/peers/node_modules");
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // its sockets and pipes are files that a process which is killed leaves behind
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new Peer(Process.Start(start)!); // null only for shell execution
    }

    /// <summary>The next line that it writes; its complaint if it writes none.</summary>
    public async Task<string> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Hang.Limit)
        ?? throw new InvalidOperationException($"{_process.StartInfo.FileName} ended (./test installs what it needs): {await _error}");

    /// <summary>Waits until the subscriber's stream has opened.</summary>
    public async Task<Peer> WhenOpenAsync()
    {
        Assert.Equal("""{"open":true}""", await ReadLineAsync());
        return this;
    }

    /// <summary>What the subscriber receives up to the event whose data is "end", without that.</summary>
    public async Task<List<Received>> ReadToEndEventAsync()
    {
        List<Received> events = [];
        while (true)
        {
            string line = await ReadLineAsync();
            if (line.StartsWith("""{"open""", StringComparison.Ordinal))
            {
                continue; // it came back
            }

            Received e = JsonSerializer.Deserialize<Received>(line, JsonSerializerOptions.Web)!; // no program writes null
            if (e.Data == "end")
            {
                return events;
            }

            events.Add(e);
        }
    }

    /// <summary>All the lines of a program that ends by itself, and well.</summary>
    public async Task<string[]> ReadAllAsync()
    {
        string output = await _process.StandardOutput.ReadToEndAsync().WaitAsync(Hang.Limit);
        await _process.WaitForExitAsync().WaitAsync(Hang.Limit);
        Assert.True(_process.ExitCode == 0, $"{_process.StartInfo.FileName} ended with {_process.ExitCode} (./test installs what it needs): {await _error}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync().WaitAsync(Hang.Limit);
        _process.Dispose();
    }

    private static string Repository()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Tidings.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("These tests run within the repository.");
    }
}
