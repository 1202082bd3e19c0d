using System.Diagnostics;
using Tidings.Testing;

namespace Tidings.Browser.Tests;

/// <summary>A server that runs as a program of its own. What it prints is kept, to wait for and to show when a test fails.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = []; // Guarded by _gate.
    private TaskCompletionSource _moreLines = NewSignal(); // Guarded by _gate.

    private ServerProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.Exited += (_, _) => Add("(the process has ended)");
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasExited => _process.HasExited;

    /// <summary>The most memory that the process has had so far, in bytes.</summary>
    public long PeakMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    public static ServerProcess Start(string program, IEnumerable<string> arguments, string directory, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("ASPNETCORE_URLS");
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // its sockets and pipes are files that a process which is killed leaves behind
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        return new ServerProcess(start);
    }

    /// <summary>All that the server has printed.</summary>
    public string Output()
    {
        lock (_gate)
        {
            return string.Join('\n', _lines);
        }
    }

    /// <summary>Waits until the server has printed <paramref name="count"/> lines that hold <paramref name="text"/>, whenever that was.</summary>
    public async Task<IReadOnlyList<string>> WaitForLinesAsync(string text, int count = 1)
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        while (true)
        {
            Task moreLines;
            lock (_gate)
            {
                string[] found = [.. _lines.Where(line => line.Contains(text, StringComparison.Ordinal))];
                if (found.Length >= count)
                {
                    return found;
                }

                moreLines = _moreLines.Task;
            }

            try
            {
                await moreLines.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException ended)
            {
                throw new TimeoutException($"The server has not printed \"{text}\" within {Hang.Limit}. It printed:\n{Output()}", ended);
            }
        }
    }

    /// <summary>Waits until the process has ended by itself.</summary>
    /// <exception cref="TimeoutException">It has not.</exception>
    public Task WaitForExitAsync(TimeSpan timeout) => _process.WaitForExitAsync().WaitAsync(timeout);

    /// <summary>Ends the process without asking it.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            _lines.Add(line);
            _moreLines.SetResult();
            _moreLines = NewSignal();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
