using System.Globalization;

namespace Tidings.Server;

/// <summary>
/// How many files, sockets included, the system lets this process have open. Past it not only connections fail: the runtime ends the process when it cannot open a part of itself that it needs for
/// the first time. Known on Linux; elsewhere nothing is assumed.
/// </summary>
internal static class OpenFiles
{
    // For what is opened after the start: parts of the runtime, two files each, and the log's connections.
    private const int Reserve = 192;

    private const string LimitLine = "Max open files";

    /// <summary>How many may be open; null if that is not known.</summary>
    public static int? Limit()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // proc_pid_limits(5): the name, the soft limit, the hard one. The runtime has raised the soft one to the hard one.
        foreach (string line in File.ReadLines("/proc/self/limits"))
        {
            if (line.StartsWith(LimitLine, StringComparison.Ordinal))
            {
                string soft = line[LimitLine.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
                return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) ? limit : null; // or "unlimited"
            }
        }

        return null;
    }

    /// <summary>How many are left for connections, after what is open now and what will be; null if that is not known.</summary>
    public static int? ForConnections() => Limit() - Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - Reserve;
}
