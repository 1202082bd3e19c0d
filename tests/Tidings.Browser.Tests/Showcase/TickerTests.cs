using System.Text.Json;

namespace Tidings.Browser.Tests.Showcase;

public abstract class TickerTests(IBrowser browser) : BrowserTest(browser)
{
    private const double Pace = 1;

    [Fact]
    public async Task A_dozen_stocks_have_a_price_a_course_and_where_it_goes_by_more_than_a_colour()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/ticker/");
        await Window.WaitForCountAsync("#stocks tr", 12);
        await Window.WaitUntilAsync("[...document.querySelectorAll('.change')].every(cell => /^(▲ \\+|▼ −)\\d+\\.\\d\\d %$/.test(cell.textContent))");
        await Window.WaitForTextAsync("#status", "open");
        Assert.All(await Window.TextsAsync("#stocks td:nth-child(3)"), price => Assert.Matches(@"^\d+\.\d\d$", price));

        // Something is drawn on each of the charts.
        await Window.WaitUntilAsync(
            "[...document.querySelectorAll('#stocks canvas')].every(chart => chart.getContext('2d').getImageData(0, 0, chart.width, chart.height).data.some(byte => byte > 0))");
    }

    [Fact]
    public async Task Fifty_updates_a_second_arrive_and_the_page_still_draws()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/ticker/");
        await Window.WaitForAsync<int>("parseInt(document.querySelector('#rate').textContent) || 0", null, rate => rate >= 40, "No second brought forty updates.");
        await Window.WaitForAsync<int>(
            "() => new Promise(resolve => { let frames = 0; const end = performance.now() + 2000; (function next() { frames++; performance.now() < end ? requestAnimationFrame(next) : resolve(frames); })(); })",
            null,
            frames => frames > 20,
            "No two seconds had more than twenty frames.");
    }

    [Fact]
    public async Task Each_window_has_the_speed_that_it_asks_for_and_the_market_is_the_same()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        BrowserWindow slow = await OpenWindowAsync();
        await GoToAsync(server, "/ticker/");
        await slow.GoToAsync(new Uri(server.Address, "/ticker/"));
        await slow.ClickAsync("[name=speed][value='5']");
        await slow.WaitForAsync<int>("parseInt(document.querySelector('#rate').textContent) || 0", null, rate => rate is 4 or 5 or 6, "It is not five a second.");
        await slow.WaitForTextAsync("#status", "open");
        Assert.Contains(slow.Requests, url => url.EndsWith("/prices?perSecond=5", StringComparison.Ordinal));

        await Window.WaitForAsync<int>("parseInt(document.querySelector('#rate').textContent) || 0", null, rate => rate > 20, "The other window is slow, too.");
    }

    [Fact]
    public async Task After_a_reload_the_course_of_the_last_minute_is_there()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/ticker/");
        const string Course = "() => new Promise(resolve => new EventSource('/prices').addEventListener('stocks', event => resolve(JSON.parse(event.data)[0].course)))";
        double[] before = await Window.EvaluateAsync<double[]>(Course);
        await Window.ReloadAsync();
        await Window.WaitForCountAsync("#stocks tr", 12);
        double[] after = await Window.EvaluateAsync<double[]>(Course);

        // As far as time has not pushed it out: two points a second.
        Assert.InRange(before.Length, 100, 120);
        Assert.Contains(Enumerable.Range(0, 100), passed => after.AsSpan(0, after.Length - passed).EndsWith(before.AsSpan(^20..)));
    }

    [Fact]
    public async Task Names_are_shown_as_text()
    {
        const string Hostile = "<img src=x onerror=x()>";
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await Window.AnswerAsync("/prices", $"event: stocks\ndata: [{{\"symbol\":{JsonSerializer.Serialize(Hostile)},\"name\":{JsonSerializer.Serialize(Hostile)},\"open\":1,\"course\":[]}}]\n\ndata: [2]\n\n");
        await GoToAsync(server, "/ticker/");

        await Window.WaitForTextAsync("#stocks th", Hostile + Hostile);
        await Window.WaitForTextAsync("#stocks .change", "▲ +100.00 %");
        await Window.WaitForCountAsync("main img", 0);
    }

    public sealed class InChromium(Chromium chromium) : TickerTests(chromium);

    [LongForm]
    public sealed class InFirefox(Firefox firefox) : TickerTests(firefox);
}
