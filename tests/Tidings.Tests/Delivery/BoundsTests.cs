using System.Text;
using Tidings.Testing;

namespace Tidings.Tests.Delivery;

/// <summary>Everything that can grow has a bound; here each is reached.</summary>
public sealed class BoundsTests
{
    [Fact]
    public async Task Publishing_is_refused_as_busy_when_too_many_events_wait()
    {
        await using var test = new TestBroker(new BrokerOptions { PublishQueueEvents = 3, BatchEvents = 1 });
        using var gate = new Gate();
        test.Log.BeforeAppend = _ => gate.PassAsync();
        Task<SseId> first = test.PublishAsync("news", "1"); // in the writer's hands
        await gate.Reached;
        Task<SseId>[] waiting = [test.PublishAsync("news", "2"), test.PublishAsync("news", "3"), test.PublishAsync("news", "4")];

        PublishException refused = await Assert.ThrowsAsync<PublishException>(() => test.PublishAsync("news", "5"));

        Assert.Equal(PublishFailure.Busy, refused.Failure);
        gate.Open();
        await Task.WhenAll([first, .. waiting]);
        await test.PublishAsync("news", "6");
    }

    [Fact]
    public async Task Publishing_is_refused_as_busy_when_too_many_bytes_wait_and_accepted_again_afterwards()
    {
        await using var test = new TestBroker(new BrokerOptions { PublishQueueBytes = 100, BatchEvents = 1 });
        using var gate = new Gate();
        test.Log.BeforeAppend = _ => gate.PassAsync();
        Task<SseId> first = test.PublishAsync("news", "x");
        await gate.Reached;
        Task<SseId> second = test.PublishAsync("news", new string('y', 60));

        PublishException refused = await Assert.ThrowsAsync<PublishException>(() => test.PublishAsync("news", new string('z', 60)));

        Assert.Equal(PublishFailure.Busy, refused.Failure);
        gate.Open();
        await Task.WhenAll(first, second);
        await test.PublishAsync("news", new string('z', 60));
    }

    [Fact]
    public async Task What_waits_is_stored_together_up_to_the_bounds_of_a_batch()
    {
        await using var test = new TestBroker(new BrokerOptions { BatchEvents = 10, BatchBytes = 200 });
        var sizes = new List<int>();
        using var gate = new Gate();
        test.Log.BeforeAppend = batch =>
        {
            sizes.Add(batch.Count);
            return gate.PassAsync();
        };
        Task<SseId> first = test.PublishAsync("news", "1");
        await gate.Reached;
        var waiting = new List<Task<SseId>>();
        for (int i = 0; i < 25; i++)
        {
            waiting.Add(test.PublishAsync("news", "x"));
        }

        waiting.Add(test.PublishAsync("news", new string('y', 150)));
        waiting.Add(test.PublishAsync("news", new string('y', 150)));
        waiting.Add(test.PublishAsync("news", new string('y', 1000)));
        gate.Open();
        await first;
        await Task.WhenAll(waiting);

        Assert.Equal([1, 10, 10, 6, 1, 1], sizes);
    }

    [Fact]
    public void The_ring_keeps_no_more_bytes_than_allowed_but_always_the_newest_event()
    {
        var ring = new FrameRing(capacity: 8, maxBytes: 100);
        for (int sequence = 1; sequence <= 6; sequence++)
        {
            ring.Add(Framed(sequence, bytes: 40));
            Assert.InRange(ring.Bytes, 0, 100);
        }

        ring.Add(Framed(7, bytes: 500));

        Assert.True(ring.TryGet(7, out _));
        Assert.False(ring.TryGet(6, out _));
        ring.Add(Framed(8, bytes: 40));
        Assert.Equal(40, ring.Bytes);
    }

    [Fact]
    public void The_ring_counts_right_after_a_hole_in_the_sequences()
    {
        var ring = new FrameRing(capacity: 4, maxBytes: 1000);
        foreach (int sequence in new[] { 1, 2, 3, 1_000_001, 1_000_002, 1_000_009 })
        {
            ring.Add(Framed(sequence, bytes: 10));
        }

        Assert.Equal(10, ring.Bytes);
        Assert.True(ring.TryGet(1_000_009, out _));
        Assert.False(ring.TryGet(1_000_002, out _));
        Assert.False(ring.TryGet(1, out _));
    }

    [Fact]
    public void An_idle_pending_list_owns_no_memory_for_sequences()
    {
        var list = new PendingList(capacity: 512);
        long[] taken = [];

        Assert.Equal(0, list.Take(ref taken, out long? overflowedAfter));

        Assert.Empty(taken);
        Assert.Null(overflowedAfter);
    }

    [Fact]
    public void A_full_pending_list_says_up_to_where_everything_was_offered()
    {
        var list = new PendingList(capacity: 3);
        foreach (long sequence in new[] { 2L, 4L, 6L, 8L, 10L })
        {
            list.Offer(sequence);
        }

        long[] taken = [];
        int count = list.Take(ref taken, out long? overflowedAfter);
        Assert.Equal([2L, 4L, 6L], taken[..count]);
        Assert.Null(overflowedAfter);
        Assert.Equal(0, list.Take(ref taken, out overflowedAfter));
        Assert.Equal(7, overflowedAfter);

        list.Restart();
        list.Offer(12);
        Assert.Equal(1, list.Take(ref taken, out overflowedAfter));
        Assert.Equal(12, taken[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(5000)]
    public async Task A_gap_echoes_what_was_asked_for_but_not_without_end(int length)
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(new string('x', length)));

        DecodedEvent gap = (await subscriber.ReadAsync(1))[0];

        Assert.Contains($"\"requested\":\"{new string('x', Math.Min(length, 255))}\"", gap.Data, StringComparison.Ordinal);
    }

    private static FramedEvent Framed(long sequence, int bytes) => new(
        sequence,
        new PendingEvent(["news"], Encoding.UTF8.GetBytes("x"), tag: 1, DateTimeOffset.UnixEpoch),
        new byte[bytes],
        new LogPlace(1, sequence, 1));
}
