namespace Tidings.Server.Tests.Benching;

public sealed class BenchSessionTests
{
    [Fact]
    public void A_bench_that_has_what_it_waited_for_blames_nobody_however_late_it_looks()
    {
        using var progress = new ProgressLine(new Terminal { Input = Stream.Null, IsInputTyped = false, Output = TextWriter.Null, Error = TextWriter.Null });
        var settings = new BenchSettings { Patience = TimeSpan.FromTicks(1) };
        using var session = new BenchSession(
            BenchTarget.OfHub(new Uri("http://127.0.0.1:1/"), token: null, "run"), new BenchPayload(BenchPayload.MinBytes), settings, server: null, progress, TestContext.Current.CancellationToken);

        session.OpenStreams(0);

        Assert.Empty(session.Streams);
    }
}
