namespace Tidings.Browser.Tests.Script;

/// <summary>One stream for all tabs: whatever becomes of the tab that has it, no tab loses or repeats an event.</summary>
public abstract class SharedStreamTests(IBrowser browser) : ScriptTest(browser)
{
    private static readonly object Shared = new { shared = true };

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    public async Task Tabs_share_one_connection_and_each_receives_every_event_once_and_in_order(int tabs)
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        List<BrowserWindow> windows = await OpenSourcesAsync(hub, tabs, Shared);

        for (int number = 1; number <= 1000; number++)
        {
            await hub.PublishAsync(number);
        }

        foreach (BrowserWindow window in windows)
        {
            await AssertReceivedAsync(window, 1, 1000);
        }

        Assert.Equal(1, hub.OpenStreams);
        Assert.Single(hub.Streams);
    }

    [Fact]
    public Task When_the_leader_is_closed_another_tab_goes_on() => LoseLeaderAsync(leader => leader.DisposeAsync().AsTask());

    [Fact]
    public Task When_the_leader_crashes_another_tab_goes_on() => LoseLeaderAsync(leader => leader.CrashAsync());

    [Fact]
    public Task When_the_leader_navigates_away_another_tab_goes_on() => LoseLeaderAsync(leader => leader.GoToAsync("data:text/html,elsewhere"));

    [Fact]
    public async Task A_leader_that_is_frozen_is_deposed_and_has_missed_nothing_when_it_is_back()
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        List<BrowserWindow> windows = await OpenSourcesAsync(hub, 3, Shared);
        using var enough = new CancellationTokenSource();
        Task<int> publishing = hub.PublishUntilAsync(1, enough.Token);
        BrowserWindow leader = await LeaderAsync(windows);

        await leader.FreezeAsync();
        BrowserWindow[] others = [.. windows.Where(window => window != leader)];
        await LeaderAsync(others); // what they receive proves nothing: it may be what the frozen one had passed on
        foreach (BrowserWindow window in others)
        {
            await WaitForMoreAsync(window);
        }

        await leader.ThawAsync();
        await leader.WaitUntilAsync("() => !leads");
        await WaitForMoreAsync(leader);
        await enough.CancelAsync();
        int last = await publishing;
        foreach (BrowserWindow window in windows)
        {
            await AssertReceivedAsync(window, 1, last);
        }

        await hub.WaitForOpenStreamsAsync(1);
    }

    [Fact]
    public async Task A_tab_that_comes_later_begins_with_what_is_new()
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        await OpenSourcesAsync(hub, 1, Shared);
        await hub.PublishAsync(1);
        await AssertReceivedAsync(Window, 1, 1);
        BrowserWindow later = await OpenWindowAsync();
        await ListenAsync(hub, later, Shared);
        await later.WaitUntilAsync("source.readyState === 1");

        await hub.PublishAsync(2);

        await AssertReceivedAsync(later, 2, 2);
        await AssertReceivedAsync(Window, 1, 2);
        Assert.Single(hub.Streams);
    }

    [Fact]
    public async Task A_tab_that_comes_with_an_id_is_given_what_came_after_it_and_then_shares_the_stream()
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        await OpenSourcesAsync(hub, 1, Shared);
        string fifth = "";
        for (int number = 1; number <= 20; number++)
        {
            string id = await hub.PublishAsync(number);
            fifth = number == 5 ? id : fifth;
        }

        await AssertReceivedAsync(Window, 1, 20);
        BrowserWindow later = await OpenWindowAsync();
        await ListenAsync(hub, later, new { shared = true, lastEventId = fifth });

        await AssertReceivedAsync(later, 6, 20);
        await hub.WaitForOpenStreamsAsync(1);
        await hub.PublishAsync(21);
        await AssertReceivedAsync(later, 6, 21);
        await AssertReceivedAsync(Window, 1, 21);
    }

    [Fact]
    public async Task Before_its_first_event_a_stream_has_a_place_too()
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        List<BrowserWindow> windows = await OpenSourcesAsync(hub, 2, Shared);
        foreach (BrowserWindow window in windows)
        {
            await window.WaitUntilAsync("source.lastEventId !== ''");
        }

        BrowserWindow leader = await LeaderAsync(windows);
        BrowserWindow other = windows.Single(window => window != leader);
        hub.Refusal = 503;
        await leader.CrashAsync();
        await other.WaitUntilAsync("told.length > 1");
        await hub.PublishAsync(1);
        hub.Refusal = 0;

        await AssertReceivedAsync(other, 1, 1);
    }

    [Fact]
    public async Task Each_tab_is_told_of_every_type_that_it_listens_to_and_when_the_stream_is_lost()
    {
        await using ScriptHub hub = await ScriptHub.StartAsync(options => options.HeartbeatInterval = TimeSpan.FromSeconds(1));
        List<BrowserWindow> windows = await OpenSourcesAsync(hub, 2, new { shared = true, heartbeat = true }, Clock.Stopped);
        BrowserWindow leader = await LeaderAsync(windows);
        BrowserWindow other = windows.Single(window => window != leader);
        await other.EvaluateAsync("() => { window.beats = 0; source.addEventListener('tidings-heartbeat', () => beats++); }");

        await other.WaitUntilAsync("beats > 1");
        await leader.EvaluateAsync("dispatchEvent(new Event('online'))");

        await other.WaitUntilAsync("told.join() === 'open,resumed - again,open'");
        Assert.Equal(2, hub.Streams.Count);
    }

    private async Task LoseLeaderAsync(Func<BrowserWindow, Task> lose)
    {
        await using ScriptHub hub = await ScriptHub.StartAsync();
        List<BrowserWindow> windows = await OpenSourcesAsync(hub, 4, Shared);
        using var enough = new CancellationTokenSource();
        Task<int> publishing = hub.PublishUntilAsync(1, enough.Token);
        for (int round = 0; round < 2; round++)
        {
            BrowserWindow leader = await LeaderAsync(windows);
            windows.Remove(leader);
            await lose(leader);
            foreach (BrowserWindow window in windows)
            {
                await WaitForMoreAsync(window);
            }
        }

        await enough.CancelAsync();
        int last = await publishing;
        foreach (BrowserWindow window in windows)
        {
            await AssertReceivedAsync(window, 1, last);
        }

        await hub.WaitForOpenStreamsAsync(1);
    }

    private static async Task WaitForMoreAsync(BrowserWindow window)
    {
        int received = await window.EvaluateAsync<int>("received.length");
        await window.WaitUntilAsync("count => received.length > count + 100", received);
    }

    public sealed class InChromium(Chromium chromium) : SharedStreamTests(chromium);

    public sealed class InFirefox(Firefox firefox) : SharedStreamTests(firefox);
}
