namespace Tidings.Server;

/// <summary>Streams on which nothing happens: what each costs in memory, and all of them in CPU.</summary>
internal static class IdleScenario
{
    // What a server loads and compiles for its first streams is not the cost of a stream.
    private const int FirstStreams = 100;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    public static void Run(BenchSession session, BenchReport report)
    {
        ServerProcess server = session.Server ?? throw new InvalidOperationException("The command asks for --pid.");
        BenchSettings settings = session.Settings;
        session.OpenStreams(FirstStreams);
        session.Run(Settling, "settling");
        long before = server.ResidentBytes();
        session.OpenStreams(settings.Streams);
        BenchUsage begin = session.Usage();
        session.Run(settings.Hold, $"holding {settings.Streams} streams");
        BenchUsage end = session.Usage();
        long after = server.ResidentBytes();

        report.Add("streams", "streams", settings.Streams);
        report.Add("seconds", "held", SocketLoop.Between(begin.At, end.At).TotalSeconds, "s", 3);
        report.Add("residentBytesBefore", "server memory before", before, "bytes");
        report.Add("residentBytesAfter", "server memory after", after, "bytes");
        report.Add("kibibytesPerStream", "memory per stream", (after - before) / 1024.0 / settings.Streams, "KiB", 2);
        begin.AddTo(report, end, settings.Streams, "Stream", server);
        report.AddFault("closedStreams", "streams ended by the server", session.Tally.Closed);
    }
}
