using Tidings.Testing;

namespace Tidings.Tests.Delivery;

/// <summary>Waiting until what was acknowledged has reached the subscribers.</summary>
public sealed class ServedTests
{
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task What_was_acknowledged_is_served_when_whoever_waited_for_it_has_read_it()
    {
        await using var test = new TestBroker();
        using var dispatch = new Gate();
        test.Log.BeforeDispatch = _ => dispatch.PassAsync();
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        subscriber.ResumesInline = true;
        Task<DecodedEvent[]> reading = subscriber.ReadAsync(1);
        await test.PublishAsync("news", "1");

        Task serving = WaitAsync(test);
        Assert.False(serving.IsCompleted);
        dispatch.Open();
        await serving.WaitAsync(Hang.Limit, TimeProvider.System, TestBroker.Cancellation);

        Assert.True(reading.IsCompletedSuccessfully);
        Assert.Equal(["1"], (await reading).Data());
    }

    [Fact]
    public async Task Nobody_waits_for_what_is_served()
    {
        await using var test = new TestBroker();
        await test.PublishAsync("news", "1");
        await WaitAsync(test);

        Assert.True(WaitAsync(test).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Nobody_waits_longer_than_he_said()
    {
        await using var test = new TestBroker();
        using var dispatch = new Gate();
        test.Log.BeforeDispatch = _ => dispatch.PassAsync();
        await test.PublishAsync("news", "1");

        Task serving = WaitAsync(test);
        test.Time.Advance(AtMost - TimeSpan.FromMilliseconds(1));
        Assert.False(serving.IsCompleted);
        test.Time.Advance(TimeSpan.FromMilliseconds(1));

        await serving.WaitAsync(Hang.Limit, TimeProvider.System, TestBroker.Cancellation);
        dispatch.Open();
    }

    [Fact]
    public async Task Whoever_waits_is_let_go_when_the_broker_ends()
    {
        await using var test = new TestBroker();
        using var dispatch = new Gate();
        test.Log.BeforeDispatch = async _ =>
        {
            await dispatch.PassAsync();
            throw new EventLogException("The log is gone.");
        };
        await test.PublishAsync("news", "1");
        Task serving = WaitAsync(test);
        dispatch.Open();

        await test.Broker.DisposeAsync();

        await serving.WaitAsync(Hang.Limit, TimeProvider.System, TestBroker.Cancellation);
    }

    private static Task WaitAsync(TestBroker test) => test.Broker.WaitForSubscribersAsync(AtMost).AsTask();
}
