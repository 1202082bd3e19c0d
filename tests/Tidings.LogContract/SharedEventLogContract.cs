using System.Text;

namespace Tidings.LogContract;

/// <summary>
/// What every <see cref="IEventLog"/> that several nodes share must do besides <see cref="EventLogContract"/>: several writers, several readers. Its own tests derive from this class and say how the nodes of one log
/// are made; nothing here may be left out or bent.
/// </summary>
public abstract class SharedEventLogContract
{
    private const int Nodes = 3;
    private static readonly PageLimit Everything = new(int.MaxValue, int.MaxValue);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Makes a new, empty log that keeps everything, once for each of <paramref name="nodes"/>.</summary>
    protected abstract ValueTask<IReadOnlyList<IEventLog>> CreateAsync(int nodes);

    [Fact]
    public Task All_nodes_tell_the_same_epoch_and_seal_ids_with_the_same_key() => WithNodesAsync(async nodes =>
    {
        LogPosition first = await nodes[0].GetPositionAsync(Cancellation);
        foreach (IEventLog node in nodes)
        {
            Assert.Equal(first.Epoch, (await node.GetPositionAsync(Cancellation)).Epoch);
            Assert.Equal(nodes[0].IdKey.ToArray(), node.IdKey.ToArray());
        }
    });

    [Fact]
    public Task What_one_node_has_acknowledged_every_node_reads_at_once() => WithNodesAsync(async nodes =>
    {
        for (int i = 0; i < 30; i++)
        {
            await nodes[i % Nodes].AppendAsync([Event($"{i}")], Cancellation);
            foreach (IEventLog node in nodes)
            {
                Assert.Equal(i + 1, (await node.GetPositionAsync(Cancellation)).Last);
                Assert.Equal([$"{i}"], (await node.ReadAsync(i, Everything, Cancellation)).Events.Select(Text));
            }
        }
    });

    [Fact]
    public Task Nodes_that_append_at_once_make_one_order_without_holes_which_every_follower_sees() => WithNodesAsync(async nodes =>
    {
        const int Batches = 40;
        const int Size = 5;
        Task<List<LoggedEvent>>[] followers = [.. nodes.Select(node => Task.Run(() => FollowAsync(node, Nodes * Batches * Size), Cancellation))];

        await Task.WhenAll(nodes.Select((node, writer) => Task.Run(
            async () =>
            {
                for (int batch = 0; batch < Batches; batch++)
                {
                    await node.AppendAsync([.. Enumerable.Range(0, Size).Select(place => Event($"{writer} {(batch * Size) + place}"))], Cancellation);
                }
            },
            Cancellation)));

        List<LoggedEvent>[] seen = await Task.WhenAll(followers);
        string[] order = [.. seen[0].Select(Text)];
        Assert.All(seen, one => Assert.Equal(order, one.Select(Text)));
        Assert.Equal(Enumerable.Range(1, Nodes * Batches * Size).Select(number => (long)number), seen[0].Select(logged => logged.Sequence));
        for (int writer = 0; writer < Nodes; writer++)
        {
            // What a writer was acknowledged comes before what it appended afterwards.
            Assert.Equal(Enumerable.Range(0, Batches * Size).Select(number => $"{writer} {number}"), order.Where(text => text.StartsWith($"{writer} ", StringComparison.Ordinal)));
        }
    });

    [Fact]
    public Task A_key_that_one_node_has_used_is_known_to_all() => WithNodesAsync(async nodes =>
    {
        PendingEvent pending = Event("a").With(new IdempotencyMark(1, 10));

        AppendResult[] results = await Task.WhenAll(nodes.Select(async node => Assert.Single(await node.AppendAsync([pending], Cancellation))));

        Assert.Single(results, result => result.Outcome == AppendOutcome.Stored);
        Assert.All(results, result => Assert.Equal(1, result.Sequence));
        Assert.Single((await nodes[0].ReadAsync(0, Everything, Cancellation)).Events);
    });

    [Fact]
    public Task A_live_only_event_of_one_node_is_handed_to_the_followers_of_all() => WithNodesAsync(async nodes =>
    {
        Task<List<LoggedEvent>>[] followers = [.. nodes.Select(node => Task.Run(() => FollowAsync(node, 2), Cancellation))];

        await nodes[0].AppendAsync([Event("a", isLiveOnly: true)], Cancellation);
        await nodes[1].AppendAsync([Event("b")], Cancellation);

        foreach (List<LoggedEvent> seen in await Task.WhenAll(followers))
        {
            Assert.Equal(["a", "b"], seen.Select(Text));
            Assert.Equal([true, false], seen.Select(logged => logged.Content.IsLiveOnly));
        }
    });

    [Fact]
    public Task A_node_that_leaves_takes_nothing_with_it() => WithNodesAsync(async nodes =>
    {
        await nodes[0].AppendAsync([Event("a")], Cancellation);
        Task<List<LoggedEvent>> following = Task.Run(() => FollowAsync(nodes[1], 2), Cancellation);

        await nodes[0].DisposeAsync();
        await nodes[2].AppendAsync([Event("b")], Cancellation);

        Assert.Equal(["a", "b"], (await following).Select(Text));
    });

    private static async Task<List<LoggedEvent>> FollowAsync(IEventLog node, int count)
    {
        var seen = new List<LoggedEvent>();
        await foreach (LogPage page in node.TailAsync(0, Cancellation))
        {
            seen.AddRange(page.Events);
            if (seen.Count >= count)
            {
                break;
            }
        }

        return seen;
    }

    private static PendingEvent Event(string body, bool isLiveOnly = false) =>
        new(["news"], Encoding.UTF8.GetBytes(body), tag: 1, new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero)) { IsLiveOnly = isLiveOnly };

    private static string Text(LoggedEvent logged) => Encoding.UTF8.GetString(logged.Content.Body.Span);

    private async Task WithNodesAsync(Func<IReadOnlyList<IEventLog>, Task> test)
    {
        IReadOnlyList<IEventLog> nodes = await CreateAsync(Nodes);
        try
        {
            await test(nodes);
        }
        finally
        {
            foreach (IEventLog node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }
}
