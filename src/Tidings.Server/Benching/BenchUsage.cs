namespace Tidings.Server;

/// <summary>What the server and this process have used up to a moment.</summary>
/// <param name="At">The moment.</param>
/// <param name="Server">CPU time of the server; null if its process is not known.</param>
/// <param name="Bench">CPU time of this process.</param>
internal readonly record struct BenchUsage(long At, TimeSpan? Server, TimeSpan Bench)
{
    public static BenchUsage Now(ServerProcess? server) => new(SocketLoop.Now(), server?.CpuTime(), Environment.CpuUsage.TotalTime);

    /// <summary>Adds what was used since, in all and for each of the things that were done.</summary>
    public void AddTo(BenchReport report, BenchUsage end, double count, string thing, ServerProcess? server)
    {
        if (server is not null && end.Server - Server is { } used)
        {
            report.Add("serverCpuSeconds", "server CPU", used.TotalSeconds, "s", 2);
            report.Add($"serverMicrosecondsPer{thing}", $"server CPU per {Word(thing)}", used.TotalMicroseconds / count, "µs", 3);
            report.Add("serverResidentBytes", "server memory (RSS)", server.ResidentBytes(), "bytes");
        }

        TimeSpan own = end.Bench - Bench;
        report.Add("benchCpuSeconds", "own CPU", own.TotalSeconds, "s", 2);
        report.Add($"benchMicrosecondsPer{thing}", $"own CPU per {Word(thing)}", own.TotalMicroseconds / count, "µs", 3);
    }

    private static string Word(string thing) => thing.ToLowerInvariant();
}
