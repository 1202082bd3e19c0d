namespace Tidings.Server;

/// <summary>Events to many streams, or with no streams at all the publishing alone.</summary>
internal static class FanOutScenario
{
    public static void Run(BenchSession session, BenchReport report)
    {
        BenchSettings settings = session.Settings;
        session.OpenPublishers();
        session.OpenStreams(settings.Streams);
        session.Announce();

        PublishLoad load = session.NewLoad(settings.Rate, settings.Events);
        load.Start();
        if (settings.WarmUp > TimeSpan.Zero)
        {
            session.Run(settings.WarmUp, "warming up");
        }

        BenchUsage begin = session.Usage();
        load.MeasuredFrom = session.Tally.MeasuredFrom = settings.WarmUp > TimeSpan.Zero ? begin.At : 0;
        long answered = load.Answered;
        long deliveries = session.Tally.Deliveries;
        if (settings.Events is null)
        {
            session.Run(settings.Duration, "measuring");
            load.Stop();
        }

        session.Finish(load);
        session.Drain(load);
        BenchUsage end = session.Usage();

        double seconds = SocketLoop.Between(begin.At, Math.Max(load.LastAnswer, session.Tally.LastDelivery)).TotalSeconds;
        answered = load.Answered - answered;
        deliveries = session.Tally.Deliveries - deliveries;
        report.Add("streams", "streams", settings.Streams);
        report.Add("topics", "topics", settings.Topics);
        report.Add("publishers", "publishers", settings.Publishers);
        report.Add("payloadBytes", "payload", settings.PayloadBytes, "bytes");
        report.Add("seconds", "measured", seconds, "s", 3);
        report.Add("published", "events published", answered);
        report.Add("publishedPerSecond", "events published per second", answered / seconds);
        if (settings.Rate is not null)
        {
            report.Add("rate", "events meant per second", settings.Rate.Value);
            report.Add("overdue", "events due and never sent", load.Overdue);
        }

        report.AddLatency("answer", "answer after", load.Latency);
        if (settings.Streams > 0)
        {
            report.Add("deliveries", "deliveries", deliveries);
            report.Add("deliveriesPerSecond", "deliveries per second", deliveries / seconds);
            report.AddLatency("latency", "delivered after", session.Tally.Latency);
            begin.AddTo(report, end, deliveries, "Delivery", session.Server);
            session.AddChecks(report, load);
        }
        else
        {
            begin.AddTo(report, end, answered, "Event", session.Server);
        }
    }
}
