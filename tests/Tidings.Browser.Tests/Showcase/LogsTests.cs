using System.Net.ServerSentEvents;
using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Browser.Tests.Showcase;

public abstract class LogsTests(IBrowser browser) : BrowserTest(browser)
{
    private const double Pace = 1;
    private const string OfTheButton = "[...document.querySelectorAll('#lines li')].filter(line => line.textContent.includes('a line of each level')).map(line => line.dataset.level)";

    private static readonly string[] AllLevels = ["Trace", "Debug", "Information", "Warning", "Error", "Critical"];

    [Fact]
    public async Task The_servers_lines_appear_in_both_windows_each_from_its_level_on()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        BrowserWindow second = await OpenWindowAsync();
        await GoToAsync(server, "/logs/");
        await second.GoToAsync(new Uri(server.Address, "/logs/"));
        await Window.EvaluateAsync("() => { level.value = 'Trace'; level.dispatchEvent(new Event('change')); }");
        await second.EvaluateAsync("() => { level.value = 'Warning'; level.dispatchEvent(new Event('change')); }");
        await second.WaitForTextAsync("#status", "open");
        await Window.WaitForTextAsync("#status", "open");
        await Window.ClickAsync("#write");

        await WaitForLevelsAsync(Window, AllLevels);
        await WaitForLevelsAsync(second, AllLevels[3..]);
        Assert.Contains(second.Requests, url => url.EndsWith("/log/Warning", StringComparison.Ordinal));

        // It is the server's own log: what it told its console when it started is there, too.
        await Window.WaitUntilAsync("document.querySelector('#lines').textContent.includes('Application started.')");
        await Window.WaitUntilAsync("document.querySelector('#lines').textContent.includes('/logs/logs.js')");
    }

    [Fact]
    public async Task After_a_reload_the_recent_lines_are_there_and_none_twice()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GoToAsync(server, "/logs/");
        await Window.ClickAsync("#write");
        await WaitForLevelsAsync(Window, AllLevels[2..]);
        await Window.ReloadAsync();
        await WaitForLevelsAsync(Window, AllLevels[2..]);
    }

    [Fact]
    public async Task Scrolling_up_stops_the_list_and_a_button_lets_it_follow_again()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GoToAsync(server, "/logs/");
        const string Write20 = "async () => { for (let i = 0; i < 20; i++) await fetch('/log/lines', { method: 'POST' }); }";
        const string DistanceFromEnd = "lines.scrollHeight - lines.scrollTop - lines.clientHeight";
        await Window.EvaluateAsync(Write20);
        await Window.WaitUntilAsync($"lines.childElementCount > 80 && {DistanceFromEnd} < 8");

        await Window.EvaluateAsync("lines.scrollTop = 40");
        await Window.WaitForVisibleAsync("#follow");
        int before = await Window.EvaluateAsync<int>("lines.childElementCount");
        await Window.EvaluateAsync(Write20);
        await Window.WaitUntilAsync("before => lines.childElementCount >= before + 80", before);
        Assert.Equal(40, await Window.EvaluateAsync<int>("Math.round(lines.scrollTop)"));
        await Window.WaitForTextLikeAsync("#follow", @"^\d+ new lines ↓$");

        await Window.ClickAsync("#follow");
        await Window.WaitForHiddenAsync("#follow");
        await Window.WaitUntilAsync($"{DistanceFromEnd} < 8");
    }

    [Fact]
    public async Task A_server_that_was_started_again_tells_its_new_log()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GoToAsync(server, "/logs/");
        await Window.WaitUntilAsync("lines.textContent.includes('Application started.')");
        await server.KillAsync();
        await Window.WaitForTextAsync("#status", "connecting");
        await StartShowcaseAsync(Pace, sameAs: server);
        await Window.WaitForTextAsync("#status", "open");
        await Window.WaitUntilAsync("lines.textContent.split('Application started.').length === 3");
    }

    [Fact]
    public async Task Messages_are_shown_as_text()
    {
        const string Hostile = "<img src=x onerror=x()><script>x()</script>";
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        string line = JsonSerializer.Serialize(new { time = "2026-01-01T00:00:00Z", level = Hostile, category = Hostile, message = Hostile });
        await Window.AnswerAsync("/log/Information", $"{ComesBackLate}data: {line}\n\nevent: missed\ndata: 7<b>\n\n");
        await GoToAsync(server, "/logs/");

        await Window.WaitForTextsAsync("#lines li > :not(time)", Hostile, Hostile, Hostile, "7<b> lines came too fast and were left out.");
        await Window.WaitForCountAsync("#lines :is(img, script)", 0);
    }

    private static Task<string[]> WaitForLevelsAsync(BrowserWindow window, string[] levels) =>
        window.WaitForAsync<string[]>(OfTheButton, null, found => found.SequenceEqual(levels), $"The lines of the button are not {string.Join(", ", levels)}.");

    public sealed class InChromium(Chromium chromium) : LogsTests(chromium);

    [LongForm]
    public sealed class InFirefox(Firefox firefox) : LogsTests(firefox);
}

/// <summary>The log's stream without a browser.</summary>
public sealed class LogsOverHttpTests
{
    [Fact]
    public async Task A_line_that_is_sent_causes_no_other_however_much_the_server_logs()
    {
        var everything = new Dictionary<string, string>(StringComparer.Ordinal) { ["Logging__LogLevel__Default"] = "Trace", ["Logging__LogLevel__Microsoft.AspNetCore"] = "Trace" };
        await using ShowcaseServer server = await ShowcaseServer.StartAsync(pace: 1, more: everything);
        using var client = new HttpClient();
        await using IAsyncEnumerator<SseItem<string>> lines = await ReadAsync(client, server, "Trace");
        await client.PostAsync(new Uri(server.Address, "/log/lines"), content: null);

        // To the last line that the request caused; after it there is silence.
        while (!lines.Current.Data.Contains("Request finished", StringComparison.Ordinal) || !lines.Current.Data.Contains("/log/lines", StringComparison.Ordinal))
        {
            Assert.True(await lines.MoveNextAsync());
        }

        Task<bool> more = NextOfRequestsAsync(lines);
        await Assert.ThrowsAsync<TimeoutException>(() => more.WaitAsync(TimeSpan.FromSeconds(2)));
        await server.KillAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => more);
    }

    [Fact]
    public async Task A_stream_that_comes_back_is_told_what_it_has_missed()
    {
        await using ShowcaseServer server = await ShowcaseServer.StartAsync(pace: 1);
        using var client = new HttpClient();
        await client.PostAsync(new Uri(server.Address, "/log/lines"), content: null);
        await using IAsyncEnumerator<SseItem<string>> first = await ReadAsync(client, server, "Error");
        Assert.True(await first.MoveNextAsync());
        Assert.Contains("Critical", first.Current.Data, StringComparison.Ordinal);
        string seen = first.Current.EventId!; // every line has one

        await client.PostAsync(new Uri(server.Address, "/log/lines"), content: null);
        await using IAsyncEnumerator<SseItem<string>> second = await ReadAsync(client, server, "Error", seen);
        Assert.Contains("Error", second.Current.Data, StringComparison.Ordinal);
        Assert.True(await second.MoveNextAsync());
        Assert.Contains("Critical", second.Current.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_was_away_for_more_than_is_kept_is_told_how_much_is_missing()
    {
        await using ShowcaseServer server = await ShowcaseServer.StartAsync(pace: 1);
        using var client = new HttpClient();
        await using IAsyncEnumerator<SseItem<string>> first = await ReadAsync(client, server, "Information");
        string seen = first.Current.EventId!; // every line has one
        for (int i = 0; i < 200; i++)
        {
            await client.PostAsync(new Uri(server.Address, "/log/lines"), content: null);
        }

        await using IAsyncEnumerator<SseItem<string>> second = await ReadAsync(client, server, "Information", seen);
        Assert.Equal("missed", second.Current.EventType);
        Assert.InRange(int.Parse(second.Current.Data, System.Globalization.CultureInfo.InvariantCulture), 200 * 8 - 1000, 200 * 8 - 1000 + 100);
    }

    [Fact]
    public async Task A_level_that_there_is_not_is_a_bad_request()
    {
        await using ShowcaseServer server = await ShowcaseServer.StartAsync(pace: 1);
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync(new Uri(server.Address, "/log/loud"));
        Assert.Equal(400, (int)response.StatusCode);
    }

    // A server on a slow machine complains about that now and then, whatever is sent.
    private static async Task<bool> NextOfRequestsAsync(IAsyncEnumerator<SseItem<string>> lines)
    {
        while (await lines.MoveNextAsync())
        {
            if (!lines.Current.Data.Contains("the heartbeat has been running for", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static async Task<IAsyncEnumerator<SseItem<string>>> ReadAsync(HttpClient client, ShowcaseServer server, string level, string? lastEventId = null)
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, $"/log/{level}"));
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        IAsyncEnumerator<SseItem<string>> lines = SseParser.Create(await response.Content.ReadAsStreamAsync(patience.Token)).EnumerateAsync().GetAsyncEnumerator();
        Assert.True(await lines.MoveNextAsync());
        return lines;
    }
}
