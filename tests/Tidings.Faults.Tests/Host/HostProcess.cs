using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Host;

/// <summary>One life of the server under test, as a process of its own on a free port of this machine.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    /// <summary>The exit code of a process that was ended by SIGKILL: 128 and the number of the signal, as a shell tells it.</summary>
    public const int KilledCode = 128 + (int)Signal.Kill;

    // The hub gives itself a second for it, and a machine that stands still takes longer. Whether anybody has missed anything is what the history tells.
    private const string LateDrain = "Publishes that wait could not all be delivered while stopping. System.TimeoutException";

    private static readonly string[] AlarmingWords = [" fail: ", " crit: ", "fail: ", "crit: ", "Unhandled exception"];

    private static readonly string DotNet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
    private static readonly string ServerAssembly = Path.Combine(AppContext.BaseDirectory, "Tidings.Server.dll");

    private readonly Process _process;
    private readonly DirectoryInfo _directory;
    private readonly StringBuilder _log = new(); // Guarded by itself.
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HostProcess(Process process, DirectoryInfo directory)
    {
        _process = process;
        _directory = directory;
    }

    /// <summary>The process's number.</summary>
    public int Id => _process.Id;

    /// <summary>Whether the process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>All that the server has written to its output and its log.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Starts a server and does not wait for it.</summary>
    public static HostProcess Start(HostOptions options)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tidings-faults-");
        ProcessStartInfo start = StartInfo(options);
        start.WorkingDirectory = directory.FullName;
        var process = new Process { StartInfo = start };
        var host = new HostProcess(process, directory);
        process.OutputDataReceived += (_, line) => host.Take(line.Data);
        process.ErrorDataReceived += (_, line) => host.Take(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return host;
    }

    /// <summary>Runs a command of <c>tidings</c> to its end and returns its exit code and all that it said.</summary>
    public static async Task<(int Code, string Output)> RunCommandAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(DotNet, [ServerAssembly, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = new Process { StartInfo = start };
        process.Start();
        string[] said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(said));
    }

    /// <summary>Waits until the server says that it is ready, and returns its address.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message holds its log.</exception>
    public async Task<Uri> ReadyAsync() =>
        await ReadyOrEndedAsync()
            ?? throw new InvalidOperationException($"The server ended with {_process.ExitCode} instead of becoming ready:\n{Log}");

    /// <summary>Waits until the server says that it is ready, and returns its address, or null when it has ended instead.</summary>
    public async Task<Uri?> ReadyOrEndedAsync()
    {
        Task exited = _process.WaitForExitAsync();
        await Task.WhenAny(_address.Task, exited).WaitAsync(Hang.Limit);
        if (!_address.Task.IsCompleted)
        {
            return null;
        }

        using var client = new HttpClient { BaseAddress = await _address.Task };
        while (!exited.IsCompleted)
        {
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri("/healthz/ready", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                {
                    return client.BaseAddress;
                }
            }
            catch (Exception failure) when (failure is HttpRequestException or SocketException)
            {
                // It listens from the moment on in which it says its address: so it has ended.
                await exited.WaitAsync(Hang.Limit);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        return null;
    }

    public void Send(Signal signal) => Signals.Send(_process.Id, signal);

    /// <summary>Waits until the log of the server has <paramref name="text"/> in it, which may be a moment after what it tells of.</summary>
    public async Task SaysAsync(string text)
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        while (!Log.Contains(text, StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }

    /// <summary>Ends the process between two instructions, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        Send(Signal.Kill);
        await ExitedAsync();
    }

    /// <summary>Waits for the end of the process and returns its exit code.</summary>
    public async Task<int> ExitedAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Hang.Limit);
        return _process.ExitCode;
    }

    /// <summary>What the server has in memory now, in bytes.</summary>
    public long ResidentBytes()
    {
        const string Name = "VmRSS:";
        string line = File.ReadLines($"/proc/{_process.Id.ToString(CultureInfo.InvariantCulture)}/status").First(line => line.StartsWith(Name, StringComparison.Ordinal));
        return long.Parse(line[Name.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>The lines of the log that tell of an error or of an exception that nobody handled.</summary>
    public IReadOnlyList<string> Alarms() =>
        [.. Log.Split('\n').Where(line => Array.Exists(AlarmingWords, word => line.Contains(word, StringComparison.Ordinal)) && !line.Contains(LateDrain, StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        _process.Kill(); // no error, other than the signal, if it ends by itself at this very moment
        await ExitedAsync();

        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static ProcessStartInfo StartInfo(HostOptions options)
    {
        bool isServe = options.Program == HostProgram.Serve;
        List<string> command = [.. options.Wrapper, DotNet, Path.Combine(options.Binaries, isServe ? "Tidings.Server.dll" : "Tidings.FaultHost.dll")];
        if (isServe)
        {
            command.AddRange(["serve", "--dev"]);
        }

        if (options.DataDirectory is { } data)
        {
            command.AddRange(["--data", data]);
        }
        else if (options.Database is { } database)
        {
            command.AddRange(["--log", database]);
        }

        if (options.ClockOffset != TimeSpan.Zero)
        {
            command.AddRange(["--clock", options.ClockOffset.ToString("c", CultureInfo.InvariantCulture)]);
        }

        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // its sockets and pipes are files that a process which is killed leaves behind
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{Ports.Free(1)[0]}"; // of its own: whoever still asks for a server that is gone must not find that of another test
        start.Environment["Tidings__Dev"] = "true";
        foreach ((string name, string value) in options.Settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        foreach ((string name, string value) in options.Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_log)
        {
            _log.AppendLine(line);
        }

        if (line.StartsWith("  hub ", StringComparison.Ordinal))
        {
            _address.TrySetResult(new Uri(line["  hub ".Length..].Trim()));
        }
    }
}
