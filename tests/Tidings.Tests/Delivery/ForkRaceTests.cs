namespace Tidings.Tests.Delivery;

/// <summary>The log forks while somebody subscribes.</summary>
public sealed class ForkRaceTests
{
    [Fact]
    public async Task A_cursor_that_was_found_in_the_log_just_before_it_forked_is_held_against_the_new_branch()
    {
        await using var test = new TestBroker(new BrokerOptions { RingEvents = 1 });
        SseId[] ids = await test.PublishManyAsync("news", 3);
        await test.SettleAsync();
        test.Log.BeforeRead = async _ =>
        {
            // The cursor's event is being looked up. Everybody who is there is told of the fork before this subscriber has joined them.
            test.Log.BeforeRead = null;
            test.Log.ChangeDispatched = static page => new LogPage([], page.Through, page.Floor) { IsFork = true };
            await test.PublishAsync("news", "4");
            await test.SettleAsync();
            test.Log.Position = static position => position with { Epoch = position.Epoch + 1 };
        };

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[0].Value));

        Assert.Equal(GapReason.Epoch, subscriber.StartGap?.Reason);
    }
}
