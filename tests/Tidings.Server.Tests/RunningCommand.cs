using System.Diagnostics;
using System.Text;
using Tidings.Testing;

namespace Tidings.Server.Tests;

/// <summary>The real command in a process of its own, in an empty directory, with an environment that holds nothing of ours but what the test gives.</summary>
internal sealed class RunningCommand : IAsyncDisposable
{
    /// <summary>How long a database may take to answer, if nothing else is said: how slow the machine is decides no test.</summary>
    public const string DatabasePatience = "00:02:00";

    private readonly Process _process;
    private readonly DirectoryInfo _directory;
    private readonly Task<string> _error;
    private readonly StringBuilder _output = new();

    private RunningCommand(Process process, DirectoryInfo directory)
    {
        _process = process;
        _directory = directory;
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <param name="args">The arguments of the command.</param>
    /// <param name="environment">What the environment holds besides what every process needs.</param>
    /// <param name="appSettings">The file of that name, in the directory of the command.</param>
    /// <param name="openFiles">How many files the process may have open.</param>
    public static RunningCommand Start(string[] args, (string Name, string Value)[]? environment = null, string? appSettings = null, int? openFiles = null)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tidings-");
        if (appSettings is not null)
        {
            File.WriteAllText(Path.Combine(directory.FullName, "appsettings.json"), appSettings);
        }

        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] command = [dotnet, Path.Combine(AppContext.BaseDirectory, "Tidings.Server.dll"), .. args];
        string[] limited = openFiles is null ? command : ["/bin/sh", "-c", $"ulimit -n {openFiles}; exec \"$@\"", "sh", .. command];
        var start = new ProcessStartInfo(limited[0], limited[1..])
        {
            WorkingDirectory = directory.FullName,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(IsSetting).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // its sockets and pipes are files that a process which is killed leaves behind
        start.Environment["TIDINGS__POSTGRESLOG__COMMANDTIMEOUT"] = DatabasePatience;
        start.Environment["TIDINGS__POSTGRESLOG__APPENDTIMEOUT"] = DatabasePatience;
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        return new RunningCommand(Process.Start(start)!, directory); // null only where a running process could be reused
    }

    /// <summary>Runs the command to its end.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(
        string[] args, (string Name, string Value)[]? environment = null, string? appSettings = null)
    {
        await using RunningCommand command = Start(args, environment, appSettings);
        return await command.EndAsync();
    }

    /// <summary>What was written to standard error, without the lines that say no more than that the machine has stalled for a second: in Kestrel's heartbeat, or while publishes came to their end.</summary>
    public static string WithoutStalls(string error) => string.Join('\n', error.Split('\n').Where(line =>
        !line.Contains("the heartbeat has been running for", StringComparison.Ordinal)
        && !(line.Contains("could not all be delivered while stopping", StringComparison.Ordinal) && line.Contains(nameof(TimeoutException), StringComparison.Ordinal))));

    /// <summary>Where the hub is, once the command has said so.</summary>
    public async Task<Uri> HubAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync().WaitAsync(Hang.Limit) is { } line)
        {
            _output.AppendLine(line);
            if (line.StartsWith("  hub ", StringComparison.Ordinal))
            {
                return new Uri(line["  hub ".Length..].Trim());
            }
        }

        throw new InvalidOperationException($"The hub did not start: {await _error}");
    }

    /// <summary>The next line of the output, which <see cref="EndAsync"/> tells again; null at its end.</summary>
    public async Task<string?> ReadLineAsync()
    {
        string? line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Hang.Limit);
        if (line is not null)
        {
            _output.Append(line).Append('\n');
        }

        return line;
    }

    /// <summary>All of the output as it is, up to the end.</summary>
    public async Task<byte[]> ReadBytesAsync()
    {
        using var bytes = new MemoryStream();
        await _process.StandardOutput.BaseStream.CopyToAsync(bytes).WaitAsync(Hang.Limit);
        return bytes.ToArray();
    }

    /// <summary>Reads no more of the output, as <c>head</c> does after its last line.</summary>
    /// <returns>What the command tells the shell when it has ended.</returns>
    public async Task<(int Code, string Error)> AbandonAsync()
    {
        _process.StandardOutput.Close();
        string error = await _error.WaitAsync(Hang.Limit);
        await _process.WaitForExitAsync().WaitAsync(Hang.Limit);
        return (_process.ExitCode, error);
    }

    /// <summary>Asks the process to end, as a service manager or Ctrl+C does.</summary>
    public void Signal(string signal) => Process.Start("/bin/sh", ["-c", $"kill -s {signal} {_process.Id}"]).WaitForExit();

    public async Task<(int Code, string Output, string Error)> EndAsync()
    {
        _output.Append(await _process.StandardOutput.ReadToEndAsync().WaitAsync(Hang.Limit));
        string error = await _error.WaitAsync(Hang.Limit);
        await _process.WaitForExitAsync().WaitAsync(Hang.Limit);
        return (_process.ExitCode, _output.ToString(), error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static bool IsSetting(string name) =>
        name.StartsWith("TIDINGS", StringComparison.OrdinalIgnoreCase) || name.StartsWith("ASPNETCORE", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("URLS", StringComparison.OrdinalIgnoreCase) || name.StartsWith("KESTREL", StringComparison.OrdinalIgnoreCase);
}
