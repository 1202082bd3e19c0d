using System.Net;
using System.Text.Json;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Subscriptions;

/// <summary>Active subscriptions of several nodes on one log, and what becomes of those of a node that is gone.</summary>
public sealed class NodesTests
{
    private const string Path = TestSubscriptions.Path;

    // What is promised: a lease, and as long as it takes until somebody has looked and told.
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Every_node_lists_the_subscriptions_of_all_in_one_order_whichever_is_asked_for_the_next_page()
    {
        await using var nodes = new TestNodes();
        TestSubscriptions one = await nodes.StartAsync(options => options.PageSize = 3);
        TestSubscriptions two = await nodes.StartAsync(options => options.PageSize = 3);
        await using Listener listener = await Listener.OnAsync(two);
        one.PayloadFor = _ => JsonSerializer.Deserialize<JsonElement>("""{"name":"Zoë","n":[1,2]}""");
        using IDisposable first = one.Begin("a", "b", "c", "d");
        using IDisposable second = two.Begin("e", "f", "g");
        await nodes.UntilAsync(() => listener.ActiveAfter([]).Count == 7);

        List<JsonElement> turns = await TestNodes.ListAsync(one, two);
        List<JsonElement> other = await TestNodes.ListAsync(two);

        Assert.Equal(["a", "b", "c", "d", "e", "f", "g"], turns.Select(subscription => subscription.GetProperty("match").GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal(turns.Select(subscription => subscription.GetRawText()), other.Select(subscription => subscription.GetRawText()));
        Assert.Equal(listener.ActiveAfter([]), turns.Select(subscription => subscription.GetProperty("id").GetString()!).ToHashSet(StringComparer.Ordinal));
        JsonElement a = turns.Single(subscription => subscription.GetProperty("match").GetString() == "a");
        Assert.Equal("Zoë", a.GetProperty("payload").GetProperty("name").GetString());
        using HttpResponseMessage single = await two.GetAsync(a.GetProperty("id").GetString()!);
        Assert.Equal(HttpStatusCode.OK, single.StatusCode);
    }

    [Fact]
    public async Task The_subscriptions_of_a_node_that_dies_are_told_to_end_once_and_are_on_no_list_within_the_lease()
    {
        await using var nodes = new TestNodes();
        TestSubscriptions dying = await nodes.StartAsync();
        TestSubscriptions one = await nodes.StartAsync();
        TestSubscriptions two = await nodes.StartAsync();
        await using Listener listener = await Listener.OnAsync(one);
        using IDisposable stream = dying.Begin("news", "weather");
        using IDisposable staying = one.Begin("other");
        await nodes.UntilAsync(() => listener.ActiveAfter([]).Count == 3);

        nodes.Pause(dying);
        TimeSpan died = nodes.Elapsed;
        await nodes.UntilAsync(() => listener.Told("news").Length == 2 && listener.Told("weather").Length == 2);

        Assert.InRange(nodes.Elapsed - died, TimeSpan.FromSeconds(10), Promised);
        Assert.Equal([true, false], listener.Told("news"));
        Assert.Equal(["other"], await TestNodes.MatchesAsync(two));
        await nodes.UntilAsync(() => nodes.Store.Count == 1);
        long last = await nodes.LastAsync();
        await nodes.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(last, await nodes.LastAsync());
        Assert.Equal(2, nodes.Store.NodeCount);
        Assert.Equal(["other"], await TestNodes.MatchesAsync(one));
    }

    [Fact]
    public async Task Should_the_node_that_tells_the_ends_die_too_another_tells_them_again_rather_than_never()
    {
        await using var nodes = new TestNodes();
        TestSubscriptions dying = await nodes.StartAsync();
        TestSubscriptions telling = await nodes.StartAsync();
        using IDisposable stream = dying.Begin("news");
        await nodes.UntilAsync(() => nodes.Store.Count == 1);
        await using Listener listener = await Listener.OnAsync(telling);
        nodes.Store.Before = member => member == nameof(INodeEntries.RemoveAsync) ? throw new EventLogException("It died before.") : Task.CompletedTask;
        nodes.Pause(dying);
        await nodes.UntilAsync(() => listener.Told("news").Length == 1);
        await nodes.PassAsync(nodes.Store.Lease);
        Assert.Equal([false], listener.Told("news"));
        nodes.Pause(telling);

        await nodes.StartAsync();
        await nodes.UntilAsync(() => listener.Told("news").Length == 2);

        nodes.Store.Before = null;
        await nodes.UntilAsync(() => nodes.Store.Count == 0);
        await nodes.PassAsync(Promised);
        Assert.Equal([false, false], listener.Told("news"));
    }

    [Fact]
    public async Task Should_it_die_before_it_has_told_anything_another_tells_them_too()
    {
        await using var nodes = new TestNodes();
        HookedLog log = nodes.NewLog();
        TestSubscriptions dying = await nodes.StartAsync();
        TestSubscriptions telling = await nodes.StartAsync(log: log);
        telling.App.MayFail = true;
        using IDisposable stream = dying.Begin("news");
        await nodes.UntilAsync(() => nodes.Store.Count == 1);
        await using Listener listener = await Listener.OnAsync(telling);
        using var gate = new Gate();
        log.BeforeAppend = _ => gate.PassAsync();
        nodes.Pause(dying);
        await nodes.UntilAsync(() => gate.Reached.IsCompleted);
        nodes.Pause(telling);

        await nodes.StartAsync();
        await nodes.UntilAsync(() => listener.Told("news").Length == 1);

        Assert.Equal([false], listener.Told("news"));
        log.BeforeAppend = null;
        gate.Open();
    }

    [Fact]
    public async Task An_end_that_a_node_did_not_live_to_tell_is_told_by_another()
    {
        await using var nodes = new TestNodes();
        HookedLog log = nodes.NewLog();
        TestSubscriptions dying = await nodes.StartAsync(log: log);
        TestSubscriptions other = await nodes.StartAsync();
        dying.App.MayFail = true;
        await using Listener listener = await Listener.OnAsync(other);
        IDisposable stream = dying.Begin("news");
        await nodes.UntilAsync(() => listener.Told("news").Length == 1);

        using var gate = new Gate();
        log.BeforeAppend = _ => gate.PassAsync();
        stream.Dispose();
        await nodes.UntilAsync(() => gate.Reached.IsCompleted);
        Assert.Empty(await TestNodes.MatchesAsync(other));
        nodes.Pause(dying);
        await nodes.UntilAsync(() => listener.Told("news").Length == 2);

        Assert.Equal([true, false], listener.Told("news"));
        log.BeforeAppend = null;
        gate.Open();
    }

    [Fact]
    public async Task A_node_that_was_paused_for_longer_than_its_lease_comes_back_and_its_subscriptions_are_listed_under_other_names()
    {
        await using var nodes = new TestNodes();
        TestSubscriptions paused = await nodes.StartAsync();
        TestSubscriptions other = await nodes.StartAsync();
        await using Listener outside = await Listener.OnAsync(other);
        await using Listener inside = await Listener.OnAsync(paused);
        using IDisposable stream = paused.Begin("news");
        await nodes.UntilAsync(() => outside.ActiveAfter([]).Count == 1);
        HashSet<string> before = outside.ActiveAfter([]);

        nodes.Pause(paused);
        await nodes.UntilAsync(() => nodes.Store.Count == 0);
        Assert.Empty(outside.ActiveAfter([]));
        Assert.Empty(await TestNodes.MatchesAsync(other));
        nodes.Resume(paused);
        await nodes.UntilAsync(async () => (await TestNodes.MatchesAsync(other)).Length == 1);
        await nodes.PassAsync(Promised);

        string id = Assert.Single(await TestNodes.ListAsync(other)).GetProperty("id").GetString()!;
        Assert.Equal([id], outside.ActiveAfter([]));
        Assert.DoesNotContain(id, before);
        Assert.Equal((0, 1), (outside.Gaps, inside.Gaps));
        Assert.Equal(["news"], await TestNodes.MatchesAsync(paused));
        Assert.Contains(paused.App.Log.Lines, line => line.Text.Contains("had run out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_subscriptions_of_a_node_that_stops_are_told_to_end_without_waiting_for_its_lease()
    {
        await using var nodes = new TestNodes();
        TestSubscriptions stopping = await nodes.StartAsync();
        TestSubscriptions other = await nodes.StartAsync();
        await using Listener listener = await Listener.OnAsync(other);
        using IDisposable stream = stopping.Begin("news", "weather");
        await nodes.UntilAsync(() => listener.ActiveAfter([]).Count == 2);

        await stopping.App.StopAsync();
        nodes.Pause(stopping);
        TimeSpan stopped = nodes.Elapsed;
        await nodes.UntilAsync(() => listener.ActiveAfter([]).Count == 0);

        Assert.InRange(nodes.Elapsed - stopped, TimeSpan.Zero, nodes.Store.Lease / 2);
        Assert.Empty(await TestNodes.MatchesAsync(other));
        Assert.Equal([true, false], listener.Told("news"));
    }

    [Fact]
    public async Task While_the_store_does_not_answer_lists_are_refused_streams_go_on_what_begins_is_told_afterwards_and_the_log_has_a_line_for_each_loop()
    {
        await using var nodes = new TestNodes();
        TestSubscriptions one = await nodes.StartAsync();
        TestSubscriptions two = await nodes.StartAsync();
        await using Listener listener = await Listener.OnAsync(two);
        using IDisposable early = one.Begin("early");
        await nodes.UntilAsync(() => listener.Told("early").Length == 1);

        nodes.Store.Before = _ => throw new EventLogException("It does not answer.");
        using IDisposable late = one.Begin("late");
        await nodes.PassAsync(nodes.Store.Lease * 0.4); // by when each has tried to renew its lease
        using HttpResponseMessage refused = await two.GetAsync(Path);
        await one.App.PublishAsync("news", "goes on");
        nodes.Store.Before = null;
        await nodes.UntilAsync(() => listener.Told("late").Length == 1);
        await nodes.PassAsync(Promised);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("1", refused.Headers.RetryAfter!.ToString());
        Assert.Contains(listener.Heard, told => told.Data == "goes on");
        Assert.Equal(["early", "late"], await TestNodes.MatchesAsync(two));
        Assert.Equal([true], listener.Told("early"));
        Assert.Equal([true], listener.Told("late"));
        Assert.Equal(0, listener.Gaps);
        Assert.Equal(
            ["The lease of this node cannot be renewed.", "What nodes tell each other of their subscriptions cannot be read or written."],
            Said("It is tried again").Select(line => line[..(line.IndexOf('.', StringComparison.Ordinal) + 1)]).Order(StringComparer.Ordinal));
        Assert.Equal(2, Said(": over after").Count());

        IEnumerable<string> Said(string part) => one.App.Log.Lines.Select(line => line.Text).Where(text => text.Contains(part, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(nameof(INodeEntries.ChangeAsync))]
    [InlineData(nameof(INodeEntries.RemoveAsync))]
    [InlineData(nameof(INodeEntries.JoinAsync))]
    [InlineData(nameof(INodeEntries.TakeEndedAsync))]
    public async Task Where_the_outcome_is_unknown_it_is_done_again_and_told_once(string member)
    {
        await using var nodes = new TestNodes();
        int failures = 0;
        nodes.Store.After = name => name == member && ++failures <= 2 ? throw new EventLogException("The answer was lost.") : Task.CompletedTask;
        TestSubscriptions one = await nodes.StartAsync();
        await using Listener listener = await Listener.OnAsync(one);

        IDisposable stream = one.Begin("news");
        await nodes.UntilAsync(() => listener.Told("news").Length == 1);
        Assert.Equal(["news"], await TestNodes.MatchesAsync(one));
        stream.Dispose();
        await nodes.UntilAsync(() => listener.Told("news").Length == 2 && nodes.Store.Count == 0);
        await nodes.PassAsync(Promised);

        Assert.True(failures > 2);
        Assert.Equal([true, false], listener.Told("news"));
        Assert.Equal((1, 0), (nodes.Store.NodeCount, listener.Gaps));
    }

    [Fact]
    public async Task When_the_store_loses_everything_whoever_listens_is_told_a_gap_and_the_living_are_listed_again()
    {
        await using var nodes = new TestNodes();
        TestSubscriptions one = await nodes.StartAsync();
        TestSubscriptions two = await nodes.StartAsync();
        TestSubscriptions dying = await nodes.StartAsync();
        await using Listener listener = await Listener.OnAsync(two);
        using IDisposable first = one.Begin("one");
        using IDisposable second = two.Begin("two");
        using IDisposable lost = dying.Begin("lost");
        await nodes.UntilAsync(() => listener.ActiveAfter([]).Count == 3);
        using HttpResponseMessage list = await two.GetAsync(Path);
        string cursor = TestSubscriptions.LastEventId(list);

        nodes.Store.Lose();
        nodes.Pause(dying);
        await nodes.UntilAsync(async () => listener.Gaps > 0 && (await TestNodes.MatchesAsync(two)).Length == 2);
        await nodes.PassAsync(Promised);
        await using Listener returned = await Listener.OnAsync(two, StartAt.After(cursor));
        using HttpResponseMessage newer = await one.GetAsync(Path);
        await using Listener fresh = await Listener.OnAsync(two, StartAt.After(TestSubscriptions.LastEventId(newer)));

        Assert.Equal(1, listener.Gaps);
        Assert.Equal(["one", "two"], (await TestNodes.MatchesAsync(one)).Order(StringComparer.Ordinal));
        Assert.Equal(GapReason.Expired, returned.StartGap!.Reason);
        Assert.Null(fresh.StartGap);
    }

    [Fact]
    public async Task The_ends_of_a_node_that_died_are_told_no_faster_than_allowed_and_do_not_hold_up_those_who_begin()
    {
        await using var nodes = new TestNodes();
        TestSubscriptions dying = await nodes.StartAsync(options => options.MaxChangesPerSecond = 1000);
        TestSubscriptions other = await nodes.StartAsync(options => options.MaxChangesPerSecond = 16); // four each window
        await using Listener listener = await Listener.OnAsync(other);
        using IDisposable stream = dying.Begin([.. Enumerable.Range(0, 100).Select(number => $"topic-{number}")]);
        await nodes.UntilAsync(() => listener.ActiveAfter([]).Count == 100);
        nodes.Pause(dying);
        await nodes.UntilAsync(() => listener.ActiveAfter([]).Count < 100);

        using IDisposable begun = other.Begin([.. Enumerable.Range(0, 40).Select(number => $"begun-{number}")]);
        long before = await nodes.LastAsync();
        int windows = 0;
        int untilBegun = 0;
        while (listener.Told("topic-99").Length < 2 || listener.Told("begun-39").Length == 0)
        {
            await nodes.PassAsync();
            windows++;
            untilBegun += listener.Told("begun-0").Length == 0 ? 1 : 0;
            Assert.InRange(await nodes.LastAsync() - before, 0, 4 * (windows + 1));
        }

        Assert.InRange(untilBegun, 0, 8);
        Assert.Equal(40, listener.ActiveAfter([]).Count);
    }

    [Fact]
    public async Task A_list_of_a_node_that_has_just_begun_has_a_cursor_that_is_no_gap_and_says_nothing_of_others()
    {
        await using var nodes = new TestNodes();
        TestSubscriptions one = await nodes.StartAsync();
        await using Listener listener = await Listener.OnAsync(one);
        using IDisposable stream = one.Begin("news");
        await nodes.UntilAsync(() => listener.Told("news").Length == 1);
        TestSubscriptions two = await nodes.StartAsync();

        using HttpResponseMessage list = await two.GetAsync(Path);
        await using Listener comes = await Listener.OnAsync(two, StartAt.After(TestSubscriptions.LastEventId(list)));
        await nodes.UntilAsync(() => listener.Heard.Length == 2);

        Assert.Contains("\"news\"", await list.Content.ReadAsStringAsync(TestApp.Cancellation), StringComparison.Ordinal);
        Assert.Null(comes.StartGap);
        Assert.Equal($$"""{"id":"{{Path}}","type":"subscriptions"}""", listener.Heard[1].Data);
    }

    [Fact]
    public async Task A_list_of_one_node_and_the_events_of_another_after_its_cursor_miss_no_change_while_nodes_pause_and_come_back()
    {
        await using var nodes = new TestNodes();
        TestSubscriptions[] all = [await nodes.StartAsync(Small), await nodes.StartAsync(Small), await nodes.StartAsync(Small)];
        var random = new Random(11);
        var open = new List<(TestSubscriptions Node, IDisposable Stream)>();
        var clients = new List<(HashSet<string> State, Listener Listener)>();
        for (int round = 0; round < 60; round++)
        {
            for (int change = 0; change < 4; change++)
            {
                if (open.Count > 0 && random.Next(2) == 0)
                {
                    int chosen = random.Next(open.Count);
                    open[chosen].Stream.Dispose();
                    open.RemoveAt(chosen);
                }
                else
                {
                    TestSubscriptions node = all[random.Next(all.Length)];
                    open.Add((node, node.Begin($"topic-{random.Next(5)}")));
                }

                await nodes.PassAsync();
            }

            // The last node is paused for 25 s in the middle: longer than its lease.
            if (round == 20)
            {
                nodes.Pause(all[2]);
                await nodes.PassAsync(TimeSpan.FromSeconds(12));
            }
            else if (round == 40)
            {
                await nodes.PassAsync(TimeSpan.FromSeconds(12));
                nodes.Resume(all[2]);
            }

            string? cursor = null;
            var state = new HashSet<string>(StringComparer.Ordinal);
            for (string? next = Path; next is not null;)
            {
                using HttpResponseMessage response = await all[random.Next(all.Length)].GetAsync(next);
                JsonElement list = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestApp.Cancellation));
                state.UnionWith(list.GetProperty("subscriptions").EnumerateArray().Select(one => one.GetProperty("id").GetString()!));
                cursor = TestSubscriptions.LastEventId(response);
                next = TestSubscriptions.Next(response);
            }

            clients.Add((state, await Listener.OnAsync(all[random.Next(all.Length)], StartAt.After(cursor!)))); // not null: there was a first page
        }

        await nodes.UntilAsync(() => all.All(node => node.Registry.ChangedCount == 0));
        await nodes.PassAsync(Promised);
        HashSet<string> expected = [.. (await TestNodes.ListAsync(all)).Select(one => one.GetProperty("id").GetString()!)];

        Assert.Equal(open.Count, expected.Count);
        int told = 0;
        foreach ((HashSet<string> state, Listener listener) in clients)
        {
            if (listener.StartGap is null && listener.Gaps == 0)
            {
                Assert.Equal(expected.Order(StringComparer.Ordinal), listener.ActiveAfter(state).Order(StringComparer.Ordinal));
                told++;
            }

            await listener.DisposeAsync();
        }

        Assert.InRange(told, 40, 60); // Those of the node that was paused are told a gap, nobody else.
        open.ForEach(one => one.Stream.Dispose());

        static void Small(SubscriptionsOptions options) => options.PageSize = 5;
    }
}
