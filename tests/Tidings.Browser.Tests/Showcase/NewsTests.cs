using System.Text.Json;

namespace Tidings.Browser.Tests.Showcase;

public abstract class NewsTests(IBrowser browser) : BrowserTest(browser)
{
    // Nothing happens by itself.
    private const double Pace = 1000;

    [Fact]
    public async Task What_the_editor_publishes_is_in_every_feed_with_badges_for_what_is_unread()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        BrowserWindow editor = await OpenWindowAsync();
        BrowserWindow second = await OpenWindowAsync();
        await OpenAsync(Window, server);
        await OpenAsync(second, server);
        await editor.GoToAsync(new Uri(server.Address, "/news/editor.html"));
        await WriteAsync(editor, "Regatta", "Starts\nat ten", "sport");
        await WriteAsync(editor, "Storm", "", "weather");
        await WriteAsync(editor, "Rain", "", "weather");

        foreach (BrowserWindow window in (BrowserWindow[])[Window, second])
        {
            await window.WaitForTextsAsync("#items h3", "Rain", "Storm", "Regatta");
            await WaitForBadgesAsync(window, all: 3, harbour: 0, weather: 2, sport: 1, other: 0);
            Assert.Equal("(3) News · Tidings Showcase", await window.EvaluateAsync<string>("document.title"));
        }

        Assert.Equal("Starts at ten", await Window.EvaluateAsync<string>("document.querySelector('#items li:last-child p').textContent"));
        await Window.ClickAsync("[value=weather]");
        await Window.WaitForAsync<string[]>("[...document.querySelectorAll('#items li:not([hidden]) h3')].map(title => title.textContent)", argument: null, titles => titles.SequenceEqual(["Rain", "Storm"]), "The filter does not show the weather.");
        await Window.ClickAsync("#read-all"); // Of those that are shown.
        foreach (BrowserWindow window in (BrowserWindow[])[Window, second])
        {
            await WaitForBadgesAsync(window, all: 1, harbour: 0, weather: 0, sport: 1, other: 0);
        }

        await second.ReloadAsync();
        await second.WaitForTextsAsync("#items h3", "Rain", "Storm", "Regatta");
        await WaitForBadgesAsync(second, all: 1, harbour: 0, weather: 0, sport: 1, other: 0);
    }

    [Fact]
    public async Task The_command_line_publishes_too()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await OpenAsync(Window, server);
        await using ServerProcess publish = TidingsCommand.Start(
            "publish", "--hub", new Uri(server.Address, "/.well-known/mercure").AbsoluteUri, "--topic", "news", "--type", "harbour", "--data", """{"title":"From a shell","text":"And it was easy"}""");

        await Window.WaitForTextsAsync("#items h3", "From a shell");
        await WaitForBadgesAsync(Window, all: 1, harbour: 1, weather: 0, sport: 0, other: 0);
        await Window.WaitForTextWithAsync(".commands", $"./tidings publish --hub {new Uri(server.Address, "/.well-known/mercure")} --topic news");
    }

    [Fact]
    public async Task Whatever_anybody_publishes_is_shown_as_text()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await OpenAsync(Window, server);
        using var client = new ShowcaseClient(server);
        string[] hostile =
        [
            "<img src=x onerror=x()>",
            "null",
            "[1,2]",
            """{"title":{"a":1},"text":["<b>"],"at":"yesterday"}""",
            """{"title":"<script>x()</script>","text":"<b>bold</b>","at":"2026-01-02T03:04:05Z"}""",
            new string('x', 5000),
            "",
        ];
        foreach (string data in hostile)
        {
            await PublishAsync(client, server, data);
        }

        await Window.WaitForTextsAsync("#items h3", "(no text)", $"{new string('x', 100)}…", "<script>x()</script>", hostile[3], "[1,2]", "null", hostile[0]);
        await WaitForBadgesAsync(Window, all: 7, harbour: 0, weather: 0, sport: 0, other: 7);
        Assert.Equal(0, await Window.EvaluateAsync<int>("document.querySelectorAll('main :is(script, b, img)').length"));
    }

    [Fact]
    public async Task The_feed_and_what_was_read_survive_a_restart()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        using (var client = new ShowcaseClient(server))
        {
            await PublishAsync(client, server, "one");
            await PublishAsync(client, server, "two");
        }

        await OpenAsync(Window, server);
        await Window.WaitForTextsAsync("#items h3", "two", "one");
        await Window.ClickAsync("#read-all");
        await WaitForBadgesAsync(Window, all: 0, harbour: 0, weather: 0, sport: 0, other: 0);
        await server.KillAsync();
        await Window.WaitForTextAsync("#status", "connecting");
        server = await StartShowcaseAsync(Pace, sameAs: server);
        using (var client = new ShowcaseClient(server))
        {
            await PublishAsync(client, server, "three");
        }

        await Window.WaitForTextsAsync("#items h3", "three", "two", "one"); // Without a reload: none twice, none lost.
        await WaitForBadgesAsync(Window, all: 1, harbour: 0, weather: 0, sport: 0, other: 1);
        await Window.ReloadAsync();
        await Window.WaitForTextsAsync("#items h3", "three", "two", "one");
        await WaitForBadgesAsync(Window, all: 1, harbour: 0, weather: 0, sport: 0, other: 1);
    }

    [Fact]
    public async Task The_feed_shows_the_newest_hundred()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await OpenAsync(Window, server);
        using var client = new ShowcaseClient(server);
        await client.DoAsync(HttpMethod.Post, "/.well-known/mercure", Enumerable.Range(1, 130).Select(i => new { topic = "news", data = $"{i}" }));

        await Window.WaitForTextsAsync("#items h3", [.. Enumerable.Range(31, 100).Reverse().Select(i => $"{i}")]);
        await WaitForBadgesAsync(Window, all: 100, harbour: 0, weather: 0, sport: 0, other: 100);
    }

    [Fact]
    public async Task A_page_in_the_background_notifies_once_that_is_allowed()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await OpenAsync(Window, server);
        await Window.EvaluateAsync(
            """
            () => {
              window.notified = [];
              window.Notification = class {
                static permission = "default";
                static async requestPermission() { return Notification.permission = "granted"; }
                constructor(title, { body }) { notified.push(`${title}: ${body}`); }
              };
              Object.defineProperty(document, "hidden", { get: () => true });
            }
            """);
        using var client = new ShowcaseClient(server);
        await client.DoAsync(HttpMethod.Post, "/news/items", new { title = "Too early", text = "" });
        await Window.WaitForTextsAsync("#items h3", "Too early");
        await Window.ClickAsync("#notify");
        await Window.WaitForTextWithAsync("#notify-answer", "You will be notified");
        await client.DoAsync(HttpMethod.Post, "/news/items", new { title = "Storm", text = "At noon" });
        await Window.WaitForTextsAsync("#items h3", "Storm", "Too early");

        Assert.Equal(["Storm: At noon"], await Window.EvaluateAsync<string[]>("notified"));
    }

    [Fact]
    public async Task The_editor_is_told_what_is_wrong()
    {
        ShowcaseServer server = await StartShowcaseAsync(Pace);
        await GoToAsync(server, "/news/editor.html");
        await Window.EvaluateAsync("document.querySelector('[name=title]').removeAttribute('maxlength')");
        await Window.FillAsync("[name=title]", new string('x', 101));
        await Window.ClickAsync("button");
        await Window.WaitForTextAsync("#error", "The title has 101 characters; 100 is the most.");
        Window.ScriptErrors.Clear(); // A browser's console tells of every refusal.
        await WriteAsync(Window, "Shorter", "", "");
        await Window.WaitForHiddenAsync("#error");
    }

    private static async Task WriteAsync(BrowserWindow editor, string title, string text, string category)
    {
        await editor.FillAsync("[name=title]", title);
        await editor.FillAsync("[name=text]", text);
        await editor.EvaluateAsync("category => { document.querySelector('[name=category]').value = category; }", category);
        await editor.ClickAsync("button[type=submit]");
        await editor.WaitForTextAsync("#done", $"Published: {title}");
    }

    private static async Task PublishAsync(ShowcaseClient client, ShowcaseServer server, string data)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, "/.well-known/mercure"))
        {
            Content = new FormUrlEncodedContent([new("topic", "news"), new("data", data)]),
        };
        (int status, JsonElement answer) = await client.SendAsync(request);
        Assert.True(status == 200, $"{status} {answer}");
    }

    private static Task WaitForBadgesAsync(BrowserWindow window, int all, int harbour, int weather, int sport, int other) =>
        window.WaitForTextsAsync("#filters .count", $"{all}", $"{harbour}", $"{weather}", $"{sport}", $"{other}");

    private static async Task OpenAsync(BrowserWindow window, ShowcaseServer server)
    {
        await window.GoToAsync(new Uri(server.Address, "/news/"));
        await window.WaitForTextAsync("#status", "open");
    }

    public sealed class InChromium(Chromium chromium) : NewsTests(chromium);

    [LongForm]
    public sealed class InFirefox(Firefox firefox) : NewsTests(firefox);
}
