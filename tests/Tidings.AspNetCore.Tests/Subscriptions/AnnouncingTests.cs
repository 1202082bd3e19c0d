using System.Text.Json;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Subscriptions;

/// <summary>The events that tell the beginning and the end of subscriptions (Mercure protocol, section "Active Subscriptions").</summary>
public sealed class AnnouncingTests
{
    private const string Path = TestSubscriptions.Path;

    [Fact]
    public async Task Beginning_and_end_are_told_in_the_forms_of_both_protocols_on_private_topics_of_their_own()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync(new TestSubscriptions { PayloadFor = _ => JsonSerializer.Deserialize<JsonElement>("{\"a\":1}") });
        await using Subscriber listener = await test.ListenAsync();
        await using Subscriber other = await test.App.Broker.SubscribeAsync(new SubscribeOptions(TopicMatcher.All), TestApp.Cancellation);
        IDisposable stream = test.Begin("https://example.com/x y");
        await test.SettleAsync();
        stream.Dispose();
        await test.SettleAsync();
        await test.App.PublishAsync("news", "public");

        IReadOnlyList<DecodedEvent> events = await ReadAsync(listener, 5);

        string subscriber = Json(events[0]).GetProperty("subscriber").GetString()!;
        string id = $"{Path}/exact/https%3A%2F%2Fexample.com%2Fx%20y/{Uri.EscapeDataString(subscriber)}";
        string legacyId = $"{Path}/https%3A%2F%2Fexample.com%2Fx%20y/{Uri.EscapeDataString(subscriber)}";
        Assert.Equal(
            [
                ("mercure", $$$"""{"id":"{{{id}}}","type":"subscription","match_type":"exact","match":"https://example.com/x y","subscriber":"{{{subscriber}}}","active":true,"payload":{"a":1}}"""),
                ("message", $$$"""{"@context":"https://mercure.rocks/","id":"{{{legacyId}}}","type":"Subscription","topic":"https://example.com/x y","subscriber":"{{{subscriber}}}","active":true,"payload":{"a":1}}"""),
                ("mercure", $$$"""{"id":"{{{id}}}","type":"subscription","match_type":"exact","match":"https://example.com/x y","subscriber":"{{{subscriber}}}","active":false,"payload":{"a":1}}"""),
                ("message", $$$"""{"@context":"https://mercure.rocks/","id":"{{{legacyId}}}","type":"Subscription","topic":"https://example.com/x y","subscriber":"{{{subscriber}}}","active":false,"payload":{"a":1}}"""),
            ],
            events.Take(4).Select(told => (told.Type, told.Data)));
        Assert.Equal(["public"], (await ReadAsync(other, 1)).Select(told => told.Data));
    }

    [Theory]
    [InlineData(TestApp.HubPath)]
    [InlineData("/.well-known/mercure/")]
    [InlineData("/.WELL-KNOWN/Mercure")]
    public async Task Nobody_but_the_hub_publishes_on_the_topics_of_subscriptions_however_the_hub_is_addressed(string hub)
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync();
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("topic", $"{Path}/exact/news/forged"), KeyValuePair.Create("data", "forged")]);

        using HttpResponseMessage response = await test.App.Client.PostAsync(new Uri(hub, UriKind.Relative), form, TestApp.Cancellation);

        Assert.Equal(System.Net.HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_subscription_that_begins_and_ends_within_the_window_tells_nothing()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync(new TestSubscriptions { SpeaksLegacy = false });
        await using Subscriber listener = await test.ListenAsync();

        test.Begin("short").Dispose();
        await test.SettleAsync();
        using IDisposable stream = test.Begin("long");
        await test.SettleAsync();

        Assert.Equal(1, await test.LastAsync());
        Assert.Equal("long", Json(Assert.Single(await ReadAsync(listener, 1))).GetProperty("match").GetString());
    }

    [Fact]
    public async Task More_changes_than_may_be_told_wait_their_turn_and_what_is_undone_meanwhile_is_not_told()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync(new TestSubscriptions { SpeaksLegacy = false }, options => options.MaxChangesPerSecond = 4);
        IDisposable[] streams = [.. Enumerable.Range(0, 10).Select(number => test.Begin($"{number}"))];
        while (await test.LastAsync() == 0)
        {
            await test.PassAsync();
        }

        int told = 10 - test.Registry.ChangedCount;
        Assert.InRange(told, 1, 9);
        foreach (IDisposable stream in streams[5..])
        {
            stream.Dispose();
        }

        await test.SettleAsync();

        Assert.Equal(5, (await test.GetJsonAsync(Path)).GetProperty("subscriptions").GetArrayLength());
        Assert.InRange(await test.LastAsync(), 5, 5 + (2 * told));
        Array.ForEach(streams, stream => stream.Dispose());
    }

    [Fact]
    public async Task A_change_that_the_log_refuses_is_told_again_and_its_end_never_before_it()
    {
        await using var memory = new InMemoryEventLog();
        var log = new HookedLog(memory);
        await using TestSubscriptions test = await TestSubscriptions.StartAsync(new TestSubscriptions { SpeaksLegacy = false }, log: log);
        await using Subscriber listener = await test.ListenAsync();
        test.App.MayFail = true;
        int refused = 0;
        log.BeforeAppend = _ => Interlocked.Increment(ref refused) <= 3 ? throw new EventLogFullException("full") : Task.CompletedTask;

        IDisposable stream = test.Begin("news");
        while (refused == 0)
        {
            await test.PassAsync();
        }

        stream.Dispose();
        await test.SettleAsync();
        while (await test.LastAsync() < 2)
        {
            await test.PassAsync();
        }

        Assert.Equal([true, false], (await ReadAsync(listener, 2)).Select(told => Json(told).GetProperty("active").GetBoolean()));
    }

    [Fact]
    public async Task A_list_and_the_events_after_its_cursor_miss_no_change_whenever_the_list_is_asked_for()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync(new TestSubscriptions { SpeaksLegacy = false }, options => options.PageSize = 5);
        var random = new Random(7);
        var open = new List<IDisposable>();
        var clients = new List<(HashSet<string> State, Subscriber Stream)>();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(TestApp.Cancellation);
        Task passing = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await test.PassAsync();
            }
        });

        for (int round = 0; round < 40; round++)
        {
            for (int change = 0; change < 6; change++)
            {
                if (open.Count > 0 && random.Next(2) == 0)
                {
                    int chosen = random.Next(open.Count);
                    open[chosen].Dispose();
                    open.RemoveAt(chosen);
                }
                else
                {
                    open.Add(test.Begin($"topic-{random.Next(5)}"));
                }

                await Task.Yield();
            }

            clients.Add(await ComeAsync(test));
        }

        while (test.Registry.ChangedCount > 0)
        {
            await Task.Yield();
        }

        await done.CancelAsync();
        await passing;
        await test.SettleAsync();
        await test.App.PublishAsync("end", "end");
        HashSet<string> expected = (await ComeAsync(test)).State;
        Assert.Equal(open.Count, expected.Count);
        foreach ((HashSet<string> state, Subscriber stream) in clients)
        {
            Assert.Null(stream.StartGap);
            await ApplyAsync(state, stream);
            Assert.Equal(expected.Order(StringComparer.Ordinal), state.Order(StringComparer.Ordinal));
            await stream.DisposeAsync();
        }

        open.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task After_a_restart_a_cursor_from_before_is_told_a_gap_and_that_of_a_new_list_is_not()
    {
        await using var memory = new InMemoryEventLog();
        string before;
        await using (TestSubscriptions first = await TestSubscriptions.StartAsync(log: new HookedLog(memory)))
        {
            using IDisposable stream = first.Begin("news");
            await first.SettleAsync();
            using HttpResponseMessage list = await first.GetAsync(Path);
            before = TestSubscriptions.LastEventId(list);
        }

        await using TestSubscriptions second = await TestSubscriptions.StartAsync(log: new HookedLog(memory));
        using HttpResponseMessage empty = await second.GetAsync(Path);
        string after = TestSubscriptions.LastEventId(empty);
        await using Subscriber returned = await second.ListenAsync(StartAt.After(before));
        await using Subscriber fresh = await second.ListenAsync(StartAt.After(after));

        Assert.Equal(GapReason.Expired, returned.StartGap!.Reason);
        Assert.Null(fresh.StartGap);
        Assert.Contains("\"subscriptions\":[]", await empty.Content.ReadAsStringAsync(TestApp.Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_of_streams_that_come_and_go_is_bounded_ends_in_the_right_state_and_leaves_nothing_in_the_log()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync(new TestSubscriptions { SpeaksLegacy = false }, options => options.MaxChangesPerSecond = 2000);
        string[] matches = [.. Enumerable.Range(0, 100).Select(number => $"topic-{number}")];
        var open = new Queue<IDisposable>();
        int most = 0;
        for (int i = 0; i < 1000; i++)
        {
            open.Enqueue(test.Begin(matches));
            if (open.Count > 10)
            {
                open.Dequeue().Dispose();
            }

            if (i % 20 == 0)
            {
                await test.PassAsync();
            }

            most = Math.Max(most, test.Registry.ChangedCount);
        }

        foreach (IDisposable stream in open)
        {
            stream.Dispose();
        }

        await test.SettleAsync();
        long told = await test.LastAsync();

        // Open or listed at most: ten streams, and what was told in the meantime.
        Assert.InRange(most, 1, (11 * 100) + (int)told);
        Assert.InRange(told, 0, 30_000);
        Assert.Empty(test.Registry.ListAfter(0, 10));
        Assert.Equal(0, test.Registry.ChangedCount);
        LogPage page = await test.Log.ReadAsync(0, new PageLimit(int.MaxValue, int.MaxValue), TestApp.Cancellation);
        Assert.Empty(page.Events);
        Assert.Equal(1, page.Floor);
        TestContext.Current.TestOutputHelper?.WriteLine($"{told} events for 200,000 changes, at most {most} waiting.");
    }

    // Asks for a list, all pages of it, and listens from its cursor on.
    private static async Task<(HashSet<string> State, Subscriber Stream)> ComeAsync(TestSubscriptions test)
    {
        var state = new HashSet<string>(StringComparer.Ordinal);
        string cursor = "";
        for (string? next = Path; next is not null;)
        {
            using HttpResponseMessage response = await test.GetAsync(next);
            JsonElement list = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestApp.Cancellation));
            foreach (JsonElement one in list.GetProperty("subscriptions").EnumerateArray())
            {
                state.Add(one.GetProperty("id").GetString()!);
            }

            cursor = TestSubscriptions.LastEventId(response);
            next = TestSubscriptions.Next(response);
        }

        return (state, await test.ListenAsync(StartAt.After(cursor)));
    }

    private static async Task ApplyAsync(HashSet<string> state, Subscriber stream)
    {
        while (true)
        {
            DecodedEvent told = Assert.Single(await ReadAsync(stream, 1));
            if (told.Data == "end")
            {
                return;
            }

            JsonElement json = Json(told);
            if (json.GetProperty("type").GetString() == "subscription")
            {
                _ = json.GetProperty("active").GetBoolean() ? state.Add(json.GetProperty("id").GetString()!) : state.Remove(json.GetProperty("id").GetString()!);
            }
        }
    }

    private static JsonElement Json(DecodedEvent told) => JsonSerializer.Deserialize<JsonElement>(told.Data);

    private static async Task<IReadOnlyList<DecodedEvent>> ReadAsync(Subscriber subscriber, int count)
    {
        var bytes = new List<byte>();
        for (int read = 0; read < count;)
        {
            Assert.True(await subscriber.WaitToReadAsync().AsTask().WaitAsync(Hang.Limit, TimeProvider.System, TestApp.Cancellation));
            while (read < count && subscriber.TryRead(out ReadOnlyMemory<byte> frame))
            {
                bytes.AddRange(frame.Span);
                read++;
            }
        }

        return FrameDecoder.Decode([.. bytes]);
    }
}
