namespace Tidings.Tests.Delivery;

public sealed class PatternSubscribersTests
{
    [Fact]
    public async Task A_subscriber_of_patterns_is_offered_each_event_once_live_and_replayed()
    {
        await using var broker = new TestBroker();
        TopicMatcher[] matchers = [TopicMatcher.UrlPattern("/books/:id"), TopicMatcher.UrlPattern("/books/*"), TopicMatcher.UriTemplate("/books/{id}"), TopicMatcher.Exact("/books/1")];
        SseId first = await broker.PublishAsync("/books/0", "before");
        await broker.SettleAsync();
        await using Subscriber live = await broker.Broker.SubscribeAsync(new SubscribeOptions(matchers), TestBroker.Cancellation);

        await broker.PublishAsync("/books/1", "one");
        await broker.PublishAsync("/films/1", "no");
        await broker.PublishAsync("/books/2", "two");
        await broker.SettleAsync();
        await using Subscriber replayed = await broker.Broker.SubscribeAsync(new SubscribeOptions(matchers) { StartAt = StartAt.After(first.Value) }, TestBroker.Cancellation);

        Assert.Equal(["one", "two"], await ReadAsync(live, 2));
        Assert.Equal(["one", "two"], await ReadAsync(replayed, 2));
    }

    [Fact]
    public async Task More_distinct_patterns_than_allowed_are_refused_until_others_are_given_back()
    {
        await using var broker = new TestBroker(new BrokerOptions { MaxPatterns = 2 });
        var two = new SubscribeOptions(TopicMatcher.UrlPattern("/a/:x"), TopicMatcher.UriTemplate("/b/{x}"));
        Subscriber first = await broker.Broker.SubscribeAsync(two, TestBroker.Cancellation);
        await using Subscriber same = await broker.Broker.SubscribeAsync(two, TestBroker.Cancellation);
        await using Subscriber exact = await broker.Broker.SubscribeAsync(new SubscribeOptions(TopicMatcher.Exact("/c/1"), TopicMatcher.All), TestBroker.Cancellation);
        var other = new SubscribeOptions(TopicMatcher.UrlPattern("/c/:x"));

        SubscribeException refused = await Assert.ThrowsAsync<SubscribeException>(async () => await broker.Broker.SubscribeAsync(other, TestBroker.Cancellation));
        await first.DisposeAsync();
        await first.DisposeAsync();
        await Assert.ThrowsAsync<SubscribeException>(async () => await broker.Broker.SubscribeAsync(other, TestBroker.Cancellation));
        await same.DisposeAsync();
        await using Subscriber admitted = await broker.Broker.SubscribeAsync(other, TestBroker.Cancellation);

        Assert.Equal(SubscribeFailure.TooManyPatterns, refused.Failure);
        Assert.Equal(CloseReason.None, admitted.CloseReason);
    }

    private static async Task<string[]> ReadAsync(Subscriber subscriber, int count)
    {
        var data = new List<string>();
        while (data.Count < count && await subscriber.WaitToReadAsync())
        {
            while (subscriber.TryRead(out ReadOnlyMemory<byte> frame))
            {
                string text = System.Text.Encoding.UTF8.GetString(frame.Span);
                data.Add(text["data: ".Length..text.IndexOf('\n', StringComparison.Ordinal)]);
            }
        }

        return [.. data];
    }
}
