using System.Globalization;

namespace Tidings.Server;

/// <summary>What a process of this machine has used, as Linux tells it in /proc.</summary>
internal sealed class ServerProcess
{
    // proc_pid_stat(5): after the name, which may hold spaces and is in parentheses, utime is the 12th field and stime the 13th, in ticks.
    private const int UserField = 11;
    private const int SystemField = 12;

    // USER_HZ, which is 100 on every architecture that .NET runs on, whatever the kernel's own clock does.
    private const int TicksPerSecond = 100;

    private readonly int _id;

    private ServerProcess(int id) => _id = id;

    public static ServerProcess Open(int id) => Directory.Exists($"/proc/{id}") ? new ServerProcess(id) : throw Gone(id);

    /// <summary>In user mode and in the kernel, of all threads, to 10 ms.</summary>
    public TimeSpan CpuTime()
    {
        string stat = Read("stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        long ticks = long.Parse(fields[UserField], CultureInfo.InvariantCulture) + long.Parse(fields[SystemField], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
    }

    /// <summary>Memory of the process that is in the machine's (RSS).</summary>
    public long ResidentBytes() => long.Parse(Read("statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;

    private string Read(string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{_id}/{file}");
        }
        catch (IOException)
        {
            throw Gone(_id);
        }
    }

    private static BenchException Gone(int id) => new(ExitCode.Usage, $"--pid: there is no process {id} on this machine (any more).");
}
