namespace Tidings.Server;

/// <summary>Readers that come when all was published already, and read it from the beginning.</summary>
internal static class ReplayScenario
{
    public static void Run(BenchSession session, BenchReport report)
    {
        BenchSettings settings = session.Settings;
        session.OpenPublishers();
        PublishLoad load = session.NewLoad(rate: null, settings.Events);
        load.Start();
        session.Finish(load);

        // Readers of all rounds are compared with each other, so they stay open; what they have read costs nothing more.
        var rates = new List<double>();
        BenchUsage begin = session.Usage();
        for (int round = 0; round < settings.Rounds; round++)
        {
            long from = SocketLoop.Now();
            long before = session.Tally.Deliveries;
            session.OpenStreams(settings.Streams, fromEarliest: true);
            session.Drain(load);
            rates.Add((session.Tally.Deliveries - before) / SocketLoop.Between(from, session.Tally.LastDelivery).TotalSeconds);
        }

        BenchUsage end = session.Usage();
        rates.Sort();
        report.Add("published", "events published", load.Answered);
        report.Add("payloadBytes", "payload", settings.PayloadBytes, "bytes");
        report.Add("readers", "readers at a time", settings.Streams);
        report.Add("rounds", "rounds", settings.Rounds);
        report.Add("eventsPerSecondLeast", "events per second, slowest round", rates[0]);
        report.Add("eventsPerSecond", "events per second, median", (rates[(rates.Count - 1) / 2] + rates[rates.Count / 2]) / 2);
        report.Add("eventsPerSecondMost", "events per second, fastest round", rates[^1]);
        begin.AddTo(report, end, session.Tally.Deliveries, "Event", session.Server);
        session.AddChecks(report, load);
    }
}
