namespace Tidings.Server;

/// <summary>Streams that are opened as fast as the server accepts them.</summary>
internal static class ConnectScenario
{
    public static void Run(BenchSession session, BenchReport report)
    {
        BenchSettings settings = session.Settings;
        BenchUsage begin = session.Usage();
        session.OpenStreams(settings.Streams);
        BenchUsage end = session.Usage();

        double seconds = SocketLoop.Between(begin.At, end.At).TotalSeconds;
        var latency = new LatencyHistogram();
        foreach (BenchStream stream in session.Streams)
        {
            latency.Record(stream.OpenedWithin);
        }

        report.Add("streams", "streams opened", settings.Streams);
        report.Add("seconds", "measured", seconds, "s", 3);
        report.Add("streamsPerSecond", "streams per second", settings.Streams / seconds);
        report.AddLatency("firstByte", "first byte after", latency);
        begin.AddTo(report, end, settings.Streams, "Stream", session.Server);
        report.AddFault("closedStreams", "streams ended by the server", session.Tally.Closed);
    }
}
