using System.Globalization;
using System.Runtime.InteropServices;

namespace Tidings.Bench;

/// <summary>On what, and with which versions, a run was made.</summary>
internal static class Machine
{
    public static async Task<string> DescribeAsync(CancellationToken cancellationToken)
    {
        string processor = Value(await File.ReadAllTextAsync("/proc/cpuinfo", cancellationToken), "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();
        string memory = Value(await File.ReadAllTextAsync("/proc/meminfo", cancellationToken), "MemTotal") ?? "0";
        double gibibytes = double.Parse(memory.Split(' ')[0], CultureInfo.InvariantCulture) / (1024 * 1024);
        string kernel = (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", cancellationToken)).Trim();
        string load = (await File.ReadAllTextAsync("/proc/loadavg", cancellationToken)).Split(' ')[0];
        string commit = await LineAsync("git", ["describe", "--always", "--dirty", "--exclude", "*"], cancellationToken);
        (_, _, string nginx) = await Tool.RunAsync(Nchan.Program, ["-v"], cancellationToken);
        string nchan = await LineAsync("dpkg-query", ["-W", "-f", "${Version}", "libnginx-mod-nchan"], cancellationToken);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{processor}, {Environment.ProcessorCount} cores, {gibibytes:0.0} GiB, Linux {kernel}, load {load} before. .NET {Environment.Version}, {nginx.Trim().Replace("nginx version: ", "", StringComparison.Ordinal)}, Nchan package {nchan}, commit {commit}.");
    }

    // "name : value", as /proc writes it.
    private static string? Value(string text, string name) =>
        text.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line ? line[(line.IndexOf(':') + 1)..].Trim() : null;

    private static async Task<string> LineAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        (int status, string output, _) = await Tool.RunAsync(program, arguments, cancellationToken);
        return status == 0 && output.Trim() is { Length: > 0 } line ? line : "unknown";
    }
}
