using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Tidings.Testing;

namespace Tidings.Server.Tests.Nodes;

/// <summary>A terminal with bash in an empty directory, in which <c>./tidings</c> is the command that was built with the tests. Whatever was started in it ends with it.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class Shell : IAsyncDisposable
{
    private const string EndMark = "--- ended with ";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tidings-shell-");
    private readonly StringBuilder _output = new(); // Guarded by itself.
    private readonly StringBuilder _errors = new(); // Guarded by itself.
    private readonly Process _bash;
    private int _told; // How much of the output earlier commands have returned.

    public Shell()
    {
        string command = Path.Combine(_directory.FullName, "tidings");
        File.WriteAllText(command, $"#!/bin/sh\nexec '{Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet"}' '{Path.Combine(AppContext.BaseDirectory, "Tidings.Server.dll")}' \"$@\"\n");
        File.SetUnixFileMode(command, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _bash = new Process
        {
            StartInfo = new ProcessStartInfo("/bin/bash", ["-s"])
            {
                WorkingDirectory = _directory.FullName,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _bash.StartInfo.Environment["DOTNET_EnableDiagnostics"] = "0"; // its sockets and pipes are files that a process which is killed leaves behind
        _bash.StartInfo.Environment["TIDINGS__POSTGRESLOG__COMMANDTIMEOUT"] = RunningCommand.DatabasePatience; // and not that of appends: the readme has a publish refused by it
        _bash.OutputDataReceived += (_, line) => Add(_output, line.Data);
        _bash.ErrorDataReceived += (_, line) => Add(_errors, line.Data);
        _bash.Start();
        _bash.BeginOutputReadLine();
        _bash.BeginErrorReadLine();
    }

    /// <summary>Runs lines to their end, which must be a good one, and returns what was printed since those before, also in the background, where things go on.</summary>
    public async Task<string> RunAsync(string lines)
    {
        await EnterAsync($"{lines}\necho \"{EndMark}$?\"");
        int begin = _told;
        string text = await ReadUntilAsync(text => text.IndexOf(EndMark, begin, StringComparison.Ordinal) is var at and >= 0 && text.IndexOf('\n', at) >= 0);
        int mark = text.IndexOf(EndMark, begin, StringComparison.Ordinal);
        _told = text.IndexOf('\n', mark) + 1;
        Assert.True(int.Parse(text[(mark + EndMark.Length)..(_told - 1)], CultureInfo.InvariantCulture) == 0, text[begin..] + TextOf(_errors));
        return text[begin..mark];
    }

    /// <summary>Begins what does not end by itself.</summary>
    public async Task EnterAsync(string lines)
    {
        await _bash.StandardInput.WriteLineAsync(lines);
        await _bash.StandardInput.FlushAsync();
    }

    /// <summary>Waits until everything that was printed so far satisfies <paramref name="condition"/>.</summary>
    public async Task<string> ReadUntilAsync(Func<string, bool> condition)
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (true)
        {
            string text = TextOf(_output);
            if (condition(text))
            {
                return text;
            }

            try
            {
                await timer.WaitForNextTickAsync(patience.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException($"The terminal shows: {text}{TextOf(_errors)}", late);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _bash.Kill(entireProcessTree: true);
        await _bash.WaitForExitAsync();
        _bash.Dispose();
        _directory.Delete(recursive: true);
    }

    private static string TextOf(StringBuilder printed)
    {
        lock (printed)
        {
            return printed.ToString();
        }
    }

    private static void Add(StringBuilder printed, string? line)
    {
        lock (printed)
        {
            printed.Append(line).Append('\n');
        }
    }
}
