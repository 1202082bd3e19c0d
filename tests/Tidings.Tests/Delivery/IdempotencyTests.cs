namespace Tidings.Tests.Delivery;

public sealed class IdempotencyTests
{
    [Fact]
    public async Task A_publish_that_is_tried_again_has_the_same_id_and_is_delivered_once()
    {
        await using var test = new TestBroker();

        SseId first = await PublishAsync(test, "a", "key");
        SseId again = await PublishAsync(test, "a", "key");
        await PublishAsync(test, "b", "another");

        Assert.Equal(first, again);
        await using Subscriber subscriber = await test.SubscribeAsync("*", StartAt.Earliest);
        Assert.Equal(["a", "b"], (await subscriber.ReadAsync(2)).Data());
    }

    [Fact]
    public async Task The_publishers_own_id_is_told_again()
    {
        await using var test = new TestBroker();
        var own = new ServerEvent("a", id: "mine");

        SseId first = await test.Broker.PublishAsync(["news"], own, EventAudience.Everybody, IdempotencyKey.Of("key"), TestBroker.Cancellation);
        SseId again = await test.Broker.PublishAsync(["news"], own, EventAudience.Everybody, IdempotencyKey.Of("key"), TestBroker.Cancellation);

        Assert.Equal(["mine", "mine"], new[] { first.Value, again.Value });
    }

    [Fact]
    public async Task The_same_key_of_another_publisher_is_another_key()
    {
        await using var test = new TestBroker();

        SseId first = await PublishAsync(test, "a", "key", scope: "one");
        SseId other = await PublishAsync(test, "a", "key", scope: "other");

        Assert.NotEqual(first, other);
    }

    public static TheoryData<string, string, EventAudience, string?> OtherEvents => new()
    {
        { "news", "other", EventAudience.Everybody, null },
        { "sports", "a", EventAudience.Everybody, null },
        { "news", "a", EventAudience.Granted, null },
        { "news", "a", EventAudience.Everybody, "id" },
    };

    [Theory]
    [MemberData(nameof(OtherEvents))]
    public async Task Another_event_under_the_same_key_is_refused(string topic, string data, EventAudience audience, string? id)
    {
        await using var test = new TestBroker();
        await PublishAsync(test, "a", "key");

        PublishException refused = await Assert.ThrowsAsync<PublishException>(async () => await test.Broker.PublishAsync(
            [topic], new ServerEvent(data, id: id), audience, IdempotencyKey.Of("key"), TestBroker.Cancellation));

        Assert.Equal(PublishFailure.KeyReused, refused.Failure);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    public void What_cannot_be_a_key_is_refused(string text)
    {
        Assert.Throws<FormatException>(() => IdempotencyKey.Of(text));
        Assert.False(IdempotencyKey.TryParse(text, "", out _, out string? complaint));
        Assert.StartsWith("An idempotency key ", complaint, StringComparison.Ordinal);
    }

    private static async Task<SseId> PublishAsync(TestBroker test, string data, string key, string scope = "") =>
        await test.Broker.PublishAsync(
            ["news"], new ServerEvent(data), EventAudience.Everybody, IdempotencyKey.Of(key, scope), TestBroker.Cancellation);
}
