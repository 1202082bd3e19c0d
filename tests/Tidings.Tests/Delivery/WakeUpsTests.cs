namespace Tidings.Tests.Delivery;

public sealed class WakeUpsTests
{
    private const int Readers = 65; // one more than share a turn

    [Fact]
    public async Task A_round_is_over_when_the_last_of_its_readers_has_gone_on()
    {
        await using var log = new InMemoryEventLog();
        await using var broker = new Broker(new BrokerOptions(), log, TimeProvider.System);
        using var release = new ManualResetEventSlim();
        var wakeUps = new WakeUps();
        var reading = new List<Task>();
        for (int i = 0; i < Readers; i++)
        {
            Subscriber subscriber = await broker.SubscribeAsync(new SubscribeOptions(TopicMatcher.All), TestContext.Current.CancellationToken);
            subscriber.ResumesInline = true;
            reading.Add(ReadAsync(subscriber, i == 0 ? release : null));
            Assert.True(subscriber.Offer(1));
            wakeUps.Add(subscriber);
        }

        var done = new TaskCompletionSource();
        wakeUps.Flush(done);

        // The first reader holds the turn of the first 64; the last one went on in Flush.
        Assert.True(reading[^1].IsCompleted);
        Assert.False(done.Task.IsCompleted);
        Assert.False(wakeUps.RoundOver.IsCompleted);
        release.Set();
        await done.Task;
        await wakeUps.RoundOver;
        Assert.All(reading, task => Assert.True(task.IsCompletedSuccessfully));
    }

    [Fact]
    public void A_round_without_readers_is_over_at_once()
    {
        var wakeUps = new WakeUps();
        var done = new TaskCompletionSource();

        wakeUps.Flush(done);

        Assert.True(done.Task.IsCompleted);
        Assert.True(wakeUps.RoundOver.IsCompleted);
    }

    private static async Task ReadAsync(Subscriber subscriber, ManualResetEventSlim? release)
    {
        await subscriber.WaitToReadAsync().ConfigureAwait(false);
        release?.Wait(TestContext.Current.CancellationToken);
    }
}
