using System.Text.Json;

namespace Tidings.Browser.Tests.Showcase;

public abstract class SensorsTests(IBrowser browser) : BrowserTest(browser)
{
    private const double Pace = 1;
    private const string Pier = "[data-device=pier]";

    [Fact]
    public async Task Six_devices_show_temperature_and_pressure_fifty_times_a_second()
    {
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await GoToAsync(server, "/sensors/");
        await Window.WaitForCountAsync(".device[data-state=live]", 6);
        await Window.WaitUntilAsync("[...document.querySelectorAll('.device .measure strong')].every(value => value.textContent)"); // drawn once a frame
        Assert.All(await Window.TextsAsync(".device .measure:nth-of-type(2) strong"), text => Assert.Matches(@"^-?\d+\.\d °C$", text));
        Assert.All(await Window.TextsAsync(".device .measure:nth-of-type(3) strong"), text => Assert.Matches(@"^\d+\.\d hPa$", text));
        await Window.WaitForAsync<int>("parseInt(document.querySelector('#rate').textContent) || 0", null, rate => rate >= 40, "No second brought forty readings.");
        await Window.WaitUntilAsync("[...document.querySelectorAll('.gauge-filled')].every(arc => parseFloat(arc.getAttribute('stroke-dasharray')) > 0)");
        await Window.WaitUntilAsync(
            "[...document.querySelectorAll('.device canvas')].every(chart => chart.getContext('2d').getImageData(0, 0, chart.width, chart.height).data.some(byte => byte > 0))");

        string before = await Window.TextAsync($"{Pier} .measure strong");
        await Window.WaitUntilAsync($"before => document.querySelector('{Pier} .measure strong').textContent !== before", before);
    }

    [Fact]
    public async Task A_device_that_goes_silent_is_shown_as_such_in_every_window_and_after_a_reload()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        BrowserWindow second = await OpenWindowAsync();
        await second.GoToAsync(new Uri(server.Address, "/sensors/"));
        await GoToAsync(server, "/sensors/");
        await Window.WaitForCountAsync(".device[data-state=live]", 6);

        // With the clock at 0 nothing is silent, so that it is the device's silence that is asked for, however late its readings are at this moment.
        await Window.EvaluateAsync("button => { performance.now = () => 0; document.querySelector(button).click(); delete performance.now; }", $"{Pier} button");

        foreach (BrowserWindow window in (BrowserWindow[])[Window, second])
        {
            await window.WaitForTextLikeAsync($"{Pier} .device-state", @"^silent for \d+ s$");
            await window.WaitForCountAsync(".device[data-state=live]", 5);
        }

        await second.WaitForTextLikeAsync($"{Pier} .device-state", "^silent for ([4-9]|[1-9][0-9]+) s$");
        await second.ReloadAsync();
        await second.WaitForTextLikeAsync($"{Pier} .device-state", "^silent for ([4-9]|[1-9][0-9]+) s$");
        await second.WaitForTextAsync($"{Pier} button", "Switch on");

        await second.ClickAsync($"{Pier} button");
        await second.WaitForCountAsync(".device[data-state=live]", 6);
        await Window.WaitForCountAsync(".device[data-state=live]", 6);
    }

    [Fact]
    public async Task Names_are_shown_as_text()
    {
        const string Hostile = "<img src=x onerror=x()>";
        string json = JsonSerializer.Serialize(Hostile);
        ShowcaseServer server = await ShareShowcaseAsync(Pace);
        await Window.AnswerAsync("/readings", $"event: devices\ndata: [{{\"name\":{json},\"title\":{json},\"reading\":{{\"device\":{json},\"temperature\":1,\"pressure\":1000}},\"silentForMs\":0}}]\n\n");
        await GoToAsync(server, "/sensors/");

        await Window.WaitForTextAsync(".device h2", Hostile);
        await Window.WaitForCountAsync("main img", 0);
    }

    public sealed class InChromium(Chromium chromium) : SensorsTests(chromium);

    [LongForm]
    public sealed class InFirefox(Firefox firefox) : SensorsTests(firefox);
}
