using System.ComponentModel;
using System.Diagnostics;
using Tidings.Testing;

namespace Tidings.Client.Tests.Peers;

/// <summary>A program that a test starts and stops by its own process id.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    /// <summary>Starts <paramref name="program"/>; a missing one fails the test and names the package to install.</summary>
    public static ChildProcess Start(string program, string debianPackage, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            return new ChildProcess(Process.Start(start)!); // Null only for shell execution.
        }
        catch (Win32Exception)
        {
            Assert.Fail($"'{program}' is needed for this test and is not installed: apt-get install {debianPackage}");
            throw;
        }
    }

    /// <summary>The next line that it writes; its complaint if it writes none.</summary>
    public async Task<string> ReadLineAsync()
    {
        string? line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Hang.Limit);
        return line ?? throw new InvalidOperationException($"{_process.StartInfo.FileName} ended: {await _process.StandardError.ReadToEndAsync()}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync().WaitAsync(Hang.Limit);
        _process.Dispose();
    }
}
