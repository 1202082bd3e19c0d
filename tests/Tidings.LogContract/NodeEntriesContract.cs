using System.Text;

namespace Tidings.LogContract;

/// <summary>
/// What every <see cref="INodeEntries"/> must do. The tests of an implementation derive from this class and say how one is made; nothing here may be left out or bent.
/// </summary>
public abstract class NodeEntriesContract
{
    private static readonly Guid One = Guid.Parse("11111111-1111-1111-1111-111111111111");
    private static readonly Guid Two = Guid.Parse("22222222-2222-2222-2222-222222222222");
    private static readonly Guid Three = Guid.Parse("33333333-3333-3333-3333-333333333333");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Makes a store without nodes.</summary>
    protected abstract ValueTask<INodeEntries> CreateAsync();

    /// <summary>Lets the lease of a node run out at once; nobody has noticed.</summary>
    protected abstract ValueTask RunOutAsync(Guid node);

    /// <summary>Lets the time pass for which what a node has taken is nobody else's.</summary>
    protected abstract ValueTask ForgetTakersAsync();

    [Fact]
    public async Task The_entries_of_all_nodes_are_listed_in_one_order_from_any_place_on()
    {
        INodeEntries store = await CreateAsync();
        await JoinAsync(store, One, Two);

        await store.ChangeAsync(One, [Entry(One, 1, "a"), Entry(One, 2, "b")], [], Cancellation);
        await store.ChangeAsync(Two, [Entry(Two, 1, "c")], [], Cancellation);
        await store.ChangeAsync(One, [Entry(One, 3, "d")], [], Cancellation);
        IReadOnlyList<NodeEntry> all = await store.ListAfterAsync(0, 10, Cancellation);

        Assert.Equal(["a", "b", "c", "d"], Texts(all));
        Assert.Equal([(One, 1L), (One, 2L), (Two, 1L), (One, 3L)], all.Select(entry => (entry.Node, entry.Key)));
        Assert.Equal(all.Select(entry => entry.Place).Order().Distinct(), all.Select(entry => entry.Place));
        Assert.True(all[0].Place > 0);
        Assert.Equal(["a", "b"], Texts(await store.ListAfterAsync(0, 2, Cancellation)));
        Assert.Equal(["c", "d"], Texts(await store.ListAfterAsync(all[1].Place, 10, Cancellation)));
        Assert.Empty(await store.ListAfterAsync(all[3].Place, 10, Cancellation));
    }

    [Fact]
    public async Task What_has_ended_is_on_no_list_and_is_kept_until_it_is_removed()
    {
        INodeEntries store = await CreateAsync();
        await JoinAsync(store, One, Two);
        await store.ChangeAsync(One, [Entry(One, 1, "a"), Entry(One, 2, "b"), Entry(One, 3, "c")], [], Cancellation);

        await store.ChangeAsync(One, [Entry(One, 4, "d")], [1, 2], Cancellation);
        Assert.Equal(["c", "d"], Texts(await store.ListAfterAsync(0, 10, Cancellation)));
        await store.RemoveAsync([Entry(One, 2, "")], Cancellation);
        await store.LeaveAsync(One, Cancellation);

        Assert.Equal(["a", "c", "d"], Texts(await store.TakeEndedAsync(Two, 10, Cancellation)));
    }

    [Fact]
    public async Task Whatever_is_done_twice_is_done_once()
    {
        INodeEntries store = await CreateAsync();
        await JoinAsync(store, One, One, Two);
        for (int i = 0; i < 2; i++)
        {
            Assert.True(await store.ChangeAsync(One, [Entry(One, 1, "a"), Entry(One, 2, "b")], [], Cancellation));
        }

        long place = (await store.ListAfterAsync(0, 10, Cancellation))[1].Place;
        for (int i = 0; i < 2; i++)
        {
            Assert.True(await store.ChangeAsync(One, [Entry(One, 3, "c")], [1], Cancellation));
        }

        Assert.Equal(["b", "c"], Texts(await store.ListAfterAsync(0, 10, Cancellation)));
        Assert.Equal(place, (await store.ListAfterAsync(0, 10, Cancellation))[0].Place);
        for (int i = 0; i < 2; i++)
        {
            await store.RemoveAsync([Entry(One, 1, ""), Entry(One, 2, "")], Cancellation);
        }

        Assert.Equal(["c"], Texts(await store.ListAfterAsync(0, 10, Cancellation)));
        await store.LeaveAsync(One, Cancellation);
        await store.LeaveAsync(One, Cancellation);
        await store.LeaveAsync(Three, Cancellation);
        Assert.Equal(["c"], Texts(await store.TakeEndedAsync(Two, 10, Cancellation)));
    }

    [Fact]
    public async Task A_lease_that_has_run_out_is_never_renewed_though_nobody_has_noticed()
    {
        INodeEntries store = await CreateAsync();
        await JoinAsync(store, One, Two);
        await store.ChangeAsync(One, [Entry(One, 1, "a")], [], Cancellation);
        Assert.True(await store.RenewAsync(One, Cancellation));

        await RunOutAsync(One);

        Assert.False(await store.RenewAsync(One, Cancellation));
        Assert.False(await store.ChangeAsync(One, [Entry(One, 2, "b")], [1], Cancellation));
        await store.JoinAsync(One, Cancellation);
        Assert.False(await store.RenewAsync(One, Cancellation));
        Assert.True(await store.RenewAsync(Two, Cancellation));
        Assert.Equal(["a"], Texts(await store.ListAfterAsync(0, 10, Cancellation)));
        Assert.Equal(["a"], Texts(await store.TakeEndedAsync(Two, 10, Cancellation)));
        Assert.Empty(await store.ListAfterAsync(0, 10, Cancellation));
    }

    [Fact]
    public async Task A_node_that_never_joined_cannot_renew_or_change_anything()
    {
        INodeEntries store = await CreateAsync();

        Assert.False(await store.RenewAsync(One, Cancellation));
        Assert.False(await store.ChangeAsync(One, [Entry(One, 1, "a")], [], Cancellation));
        Assert.Empty(await store.ListAfterAsync(0, 10, Cancellation));
    }

    [Fact]
    public async Task What_a_node_left_behind_is_taken_by_one_other_node_in_parts_until_it_is_removed()
    {
        INodeEntries store = await CreateAsync();
        await JoinAsync(store, One, Two, Three);
        await store.ChangeAsync(One, [Entry(One, 1, "a"), Entry(One, 2, "b"), Entry(One, 3, "c")], [], Cancellation);
        await store.ChangeAsync(Two, [Entry(Two, 1, "d")], [], Cancellation);
        Assert.Empty(await store.TakeEndedAsync(Two, 10, Cancellation));
        await RunOutAsync(One);

        IReadOnlyList<NodeEntry> first = await store.TakeEndedAsync(Two, 2, Cancellation);
        Assert.Equal(["a", "b"], Texts(first));
        Assert.Empty(await store.TakeEndedAsync(Three, 10, Cancellation));
        Assert.Equal(["a", "b"], Texts(await store.TakeEndedAsync(Two, 2, Cancellation)));
        await store.RemoveAsync(first, Cancellation);
        IReadOnlyList<NodeEntry> rest = await store.TakeEndedAsync(Two, 2, Cancellation);
        Assert.Equal(["c"], Texts(rest));
        await store.RemoveAsync(rest, Cancellation);

        Assert.Empty(await store.TakeEndedAsync(Two, 2, Cancellation));
        Assert.Equal(["d"], Texts(await store.ListAfterAsync(0, 10, Cancellation)));
    }

    [Fact]
    public async Task What_a_node_has_taken_that_dies_too_is_taken_by_another()
    {
        INodeEntries store = await CreateAsync();
        await JoinAsync(store, One, Two, Three);
        await store.ChangeAsync(One, [Entry(One, 1, "a")], [], Cancellation);
        await RunOutAsync(One);
        Assert.Single(await store.TakeEndedAsync(Two, 10, Cancellation));

        await ForgetTakersAsync();

        Assert.Equal(["a"], Texts(await store.TakeEndedAsync(Three, 10, Cancellation)));
        Assert.Empty(await store.TakeEndedAsync(Two, 10, Cancellation));
    }

    [Fact]
    public async Task Values_are_kept_as_they_are_up_to_their_bound()
    {
        INodeEntries store = await CreateAsync();
        await JoinAsync(store, One);
        byte[] longest = new byte[NodeEntry.MaxValueBytes];
        new Random(1).NextBytes(longest);

        await store.ChangeAsync(One, [new NodeEntry(One, 1, longest), new NodeEntry(One, 2, default)], [], Cancellation);

        IReadOnlyList<NodeEntry> listed = await store.ListAfterAsync(0, 10, Cancellation);
        Assert.Equal(longest, listed[0].Value.ToArray());
        Assert.True(listed[1].Value.IsEmpty);
        Assert.Throws<ArgumentException>(() => new NodeEntry(One, 1, new byte[NodeEntry.MaxValueBytes + 1]));
    }

    private static async Task JoinAsync(INodeEntries store, params Guid[] nodes)
    {
        foreach (Guid node in nodes)
        {
            await store.JoinAsync(node, Cancellation);
        }
    }

    private static NodeEntry Entry(Guid node, long key, string text) => new(node, key, Encoding.UTF8.GetBytes(text));

    private static IEnumerable<string> Texts(IReadOnlyList<NodeEntry> entries) => entries.Select(entry => Encoding.UTF8.GetString(entry.Value.Span));
}
