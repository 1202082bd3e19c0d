using System.Net;
using System.Text.Json;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Subscriptions;

/// <summary>The lists of active subscriptions (Mercure protocol, section "Subscription API").</summary>
public sealed class ListTests
{
    private const string Path = TestSubscriptions.Path;
    private const string Match = "https://example.com/books/ä?a=b&c/d";
    private const string EncodedMatch = "https%3A%2F%2Fexample.com%2Fbooks%2F%C3%A4%3Fa%3Db%26c%2Fd";

    [Fact]
    public async Task A_stream_of_the_hub_is_listed_in_the_form_of_protocol_1_0_and_no_longer_when_it_has_ended()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync(new TestSubscriptions { PayloadFor = _ => JsonSerializer.Deserialize<JsonElement>("{\"name\":\"Ada\"}") });
        TestStream stream = await OpenAsync(test, $"?match={Uri.EscapeDataString(Match)}&match=news");
        await test.SettleAsync();

        JsonElement list = await test.GetJsonAsync(Path);

        Assert.Equal((Path, "subscriptions"), (list.GetProperty("id").GetString(), list.GetProperty("type").GetString()));
        JsonElement[] subscriptions = [.. list.GetProperty("subscriptions").EnumerateArray()];
        string subscriber = subscriptions[0].GetProperty("subscriber").GetString()!;
        Assert.Matches("^urn:uuid:[0-9a-f-]{36}$", subscriber);
        string encodedSubscriber = Uri.EscapeDataString(subscriber);
        Assert.Equal(
            [
                $$$"""{"id":"{{{Path}}}/exact/{{{EncodedMatch}}}/{{{encodedSubscriber}}}","type":"subscription","match_type":"exact","match":"https://example.com/books/\u00E4?a=b\u0026c/d","subscriber":"{{{subscriber}}}","active":true,"payload":{"name":"Ada"}}""",
                $$$"""{"id":"{{{Path}}}/exact/news/{{{encodedSubscriber}}}","type":"subscription","match_type":"exact","match":"news","subscriber":"{{{subscriber}}}","active":true,"payload":{"name":"Ada"}}""",
            ],
            subscriptions.Select(one => one.GetRawText()));

        await stream.DisposeAsync();
        await UntilAsync(test, async () => (await test.GetJsonAsync(Path)).GetProperty("subscriptions").GetArrayLength() == 0);
    }

    [Fact]
    public async Task The_same_streams_are_listed_in_the_form_of_protocol_0_x()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync();
        using IDisposable stream = test.Begin(Match);
        await test.SettleAsync();

        using HttpResponseMessage response = await test.GetAsync(Path, accept: "application/ld+json");
        JsonElement list = await JsonAsync(response);

        Assert.Equal("application/ld+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("https://mercure.rocks/", list.GetProperty("@context").GetString());
        Assert.Equal("Subscriptions", list.GetProperty("type").GetString());
        Assert.Equal(TestSubscriptions.LastEventId(response), list.GetProperty("lastEventID").GetString());
        JsonElement one = Assert.Single(list.GetProperty("subscriptions").EnumerateArray());
        string subscriber = one.GetProperty("subscriber").GetString()!;
        Assert.Equal($"{Path}/{EncodedMatch}/{Uri.EscapeDataString(subscriber)}", one.GetProperty("id").GetString());
        Assert.Equal(("Subscription", Match, true), (one.GetProperty("type").GetString(), one.GetProperty("topic").GetString(), one.GetProperty("active").GetBoolean()));
    }

    [Fact]
    public async Task The_subscriptions_to_one_matcher_and_a_single_one_have_addresses_in_both_protocols()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync();
        using IDisposable stream = test.Begin(Match, "news");
        using IDisposable other = test.Begin("news");
        await test.SettleAsync();

        JsonElement current = await test.GetJsonAsync($"{Path}/exact/{EncodedMatch}");
        string subscriber = Assert.Single(current.GetProperty("subscriptions").EnumerateArray()).GetProperty("subscriber").GetString()!;

        Assert.Equal(2, (await test.GetJsonAsync($"{Path}/exact/news")).GetProperty("subscriptions").GetArrayLength());
        Assert.Equal(0, (await test.GetJsonAsync($"{Path}/urlpattern/news")).GetProperty("subscriptions").GetArrayLength());
        Assert.Equal(2, (await test.GetJsonAsync($"{Path}/news")).GetProperty("subscriptions").GetArrayLength());
        Assert.Equal("Subscriptions", (await test.GetJsonAsync($"{Path}/news")).GetProperty("type").GetString());
        JsonElement single = await test.GetJsonAsync($"{Path}/exact/{EncodedMatch}/{subscriber}");
        Assert.Equal(("subscription", Match), (single.GetProperty("type").GetString(), single.GetProperty("match").GetString()));
        JsonElement legacy = await test.GetJsonAsync($"{Path}/{EncodedMatch}/{subscriber}");
        Assert.Equal(("Subscription", Match), (legacy.GetProperty("type").GetString(), legacy.GetProperty("topic").GetString()));
        Assert.True(legacy.TryGetProperty("lastEventID", out _));
    }

    [Theory]
    [InlineData("/exact/news/urn:uuid:00000000-0000-0000-0000-000000000000")]
    [InlineData("/news/urn:uuid:00000000-0000-0000-0000-000000000000")]
    [InlineData("/exact/news/")]
    [InlineData("/nonsense/news/urn:uuid:00000000-0000-0000-0000-000000000000")]
    [InlineData("/exact/%FF/%00")]
    public async Task What_is_not_subscribed_is_not_found(string path)
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync();
        using IDisposable stream = test.Begin("news");
        await test.SettleAsync();

        using HttpResponseMessage response = await test.GetAsync(Path + path);

        Assert.True(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.Forbidden || path.EndsWith('/'), $"{response.StatusCode}");
    }

    [Fact]
    public async Task A_list_has_a_tag_that_changes_with_what_the_caller_is_shown()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync();
        test.MayReceive = (_, topic) => !topic.Value.Contains("secret", StringComparison.Ordinal);
        using IDisposable stream = test.Begin("news");
        await test.SettleAsync();
        using HttpResponseMessage first = await test.GetAsync(Path);
        string tag = first.Headers.ETag!.Tag;

        using IDisposable hidden = test.Begin("secret");
        await test.SettleAsync();
        using HttpResponseMessage unchanged = await test.GetAsync(Path, ifNoneMatch: tag);
        using IDisposable shown = test.Begin("weather");
        await test.SettleAsync();
        using HttpResponseMessage changed = await test.GetAsync(Path, ifNoneMatch: tag);

        Assert.Equal("private, must-revalidate", string.Join(", ", first.Headers.GetValues("Cache-Control").SelectMany(value => value.Split(", ")).Order(StringComparer.Ordinal).Reverse()));
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        Assert.Equal(tag, unchanged.Headers.ETag!.Tag);
        Assert.NotEqual(TestSubscriptions.LastEventId(first), TestSubscriptions.LastEventId(unchanged));
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.NotEqual(tag, changed.Headers.ETag!.Tag);
    }

    [Fact]
    public async Task The_link_header_says_where_and_from_where_to_subscribe_to_changes()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync();

        using HttpResponseMessage current = await test.GetAsync(Path);
        await test.App.Broker.WaitForSubscribersAsync(Hang.Limit); // the place that was made for the first list has another id until it is dispatched
        using HttpResponseMessage legacy = await test.GetAsync($"{Path}/news");

        string id = TestSubscriptions.LastEventId(current);
        Assert.StartsWith("#", id, StringComparison.Ordinal);
        Assert.Equal(
            $"<{TestApp.HubPath}>; rel=\"mercure\"; last-event-id=\"{id}\"; type=\"mercure\"; content-type=\"application/json\"",
            Assert.Single(current.Headers.GetValues("Link")));
        Assert.Equal(
            $"<{TestApp.HubPath}>; rel=\"mercure\"; last-event-id=\"{id}\"; content-type=\"application/ld+json\"", Assert.Single(legacy.Headers.GetValues("Link")));
    }

    [Fact]
    public async Task Ten_thousand_subscriptions_are_listed_page_by_page_each_once_and_with_one_cursor()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync(options: options => options.MaxChangesPerSecond = 100_000);
        string[] matches = [.. Enumerable.Range(0, 100).Select(number => $"topic-{number}")];
        IDisposable[] streams = [.. Enumerable.Range(0, 100).Select(_ => test.Begin(matches))];
        await test.SettleAsync();

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var cursors = new HashSet<string>(StringComparer.Ordinal);
        int pages = 0;
        for (string? next = Path; next is not null; pages++)
        {
            using HttpResponseMessage response = await test.GetAsync(next);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            JsonElement[] page = [.. (await JsonAsync(response)).GetProperty("subscriptions").EnumerateArray()];
            Assert.InRange(page.Length, 1, 100);
            Assert.All(page, one => Assert.True(seen.Add(one.GetProperty("id").GetString()!)));
            cursors.Add(TestSubscriptions.LastEventId(response));
            next = TestSubscriptions.Next(response);
        }

        Assert.Equal((10_000, 100, 1), (seen.Count, pages, cursors.Count));
        Array.ForEach(streams, stream => stream.Dispose());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%22%0D")]
    public async Task A_page_that_was_made_up_is_refused(string page)
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync();

        using HttpResponseMessage response = await test.GetAsync($"{Path}?cursor={page}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Each_address_and_each_subscription_needs_a_grant_of_its_own()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync();
        test.MayReceive = (caller, topic) => caller == "reader"
            ? topic == Path || topic.Value.StartsWith($"{Path}/exact/news/", StringComparison.Ordinal)
            : topic == $"{Path}/exact/news";
        using IDisposable stream = test.Begin("news", "secret");
        await test.SettleAsync();

        JsonElement list = await test.GetJsonAsync(Path);
        using HttpResponseMessage foreign = await test.GetAsync(Path, caller: "foreign");
        using HttpResponseMessage secret = await test.GetAsync($"{Path}/exact/secret");
        JsonElement empty = await test.GetJsonAsync($"{Path}/exact/news", caller: "foreign");

        Assert.Equal("news", Assert.Single(list.GetProperty("subscriptions").EnumerateArray()).GetProperty("match").GetString());
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (foreign.StatusCode, secret.StatusCode));
        Assert.Equal(0, empty.GetProperty("subscriptions").GetArrayLength());
    }

    [Fact]
    public async Task A_caller_is_made_one_list_at_a_time()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync();
        using var reached = new SemaphoreSlim(0);
        using var open = new ManualResetEventSlim();
        using IDisposable stream = test.Begin("news");
        await test.SettleAsync();
        test.MayReceive = (caller, topic) =>
        {
            if (caller == "slow" && topic != Path)
            {
                reached.Release();
                open.Wait(Hang.Limit);
            }

            return true;
        };

        Task<HttpResponseMessage> slow = test.GetAsync(Path, caller: "slow");
        await reached.WaitAsync(TestApp.Cancellation);
        using HttpResponseMessage second = await test.GetAsync(Path, caller: "slow");
        using HttpResponseMessage other = await test.GetAsync(Path, caller: "other");
        open.Set();
        using HttpResponseMessage first = await slow;
        using HttpResponseMessage third = await test.GetAsync(Path, caller: "slow"); // on the connection of the first: that request is over

        Assert.Equal((HttpStatusCode)429, second.StatusCode);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], new[] { first, other, third }.Select(response => response.StatusCode));
    }

    [Fact]
    public async Task Who_has_shown_no_token_is_listed_only_if_an_option_says_so()
    {
        await using TestSubscriptions test = await TestSubscriptions.StartAsync();
        await using TestStream anonymous = await test.App.SubscribeAsync("news");
        await test.SettleAsync();
        Assert.Equal(0, (await test.GetJsonAsync(Path)).GetProperty("subscriptions").GetArrayLength());

        await using TestSubscriptions told = await TestSubscriptions.StartAsync(options: options => options.IncludeAnonymous = true);
        await using TestStream included = await told.App.SubscribeAsync("news");
        await told.SettleAsync();
        Assert.Equal(1, (await told.GetJsonAsync(Path)).GetProperty("subscriptions").GetArrayLength());
    }

    [Fact]
    public async Task Without_the_option_there_is_no_list_and_without_protocol_0_x_none_of_its_form()
    {
        await using TestApp off = await TestApp.StartAsync();
        using HttpResponseMessage nothing = await off.Client.GetAsync(new Uri(Path, UriKind.Relative), TestApp.Cancellation);
        await using TestSubscriptions current = await TestSubscriptions.StartAsync(new TestSubscriptions { SpeaksLegacy = false });
        using HttpResponseMessage legacy = await current.GetAsync($"{Path}/news");
        using HttpResponseMessage list = await current.GetAsync(Path, accept: "application/ld+json");

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (nothing.StatusCode, legacy.StatusCode));
        Assert.Equal("application/json", list.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task In_dev_mode_this_machine_sees_everything_and_without_it_nobody_anything()
    {
        await using TestApp dev = await TestApp.StartAsync(options => options.Subscriptions.Enabled = true);
        await using TestApp plain = await TestApp.StartAsync(options =>
        {
            options.Subscriptions.Enabled = true;
            options.Dev = false;
        });
        using var forged = new HttpRequestMessage(HttpMethod.Get, new Uri(Path, UriKind.Relative));
        forged.Headers.Host = "evil.example";

        using HttpResponseMessage seen = await dev.Client.GetAsync(new Uri(Path, UriKind.Relative), TestApp.Cancellation);
        using HttpResponseMessage rebound = await dev.Client.SendAsync(forged, TestApp.Cancellation);
        using HttpResponseMessage hidden = await plain.Client.GetAsync(new Uri(Path, UriKind.Relative), TestApp.Cancellation);

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized], new[] { seen, rebound, hidden }.Select(response => response.StatusCode));
    }

    private static async Task<TestStream> OpenAsync(TestSubscriptions test, string query)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(TestApp.HubPath + query, UriKind.Relative));
        request.Headers.Add("X-Caller", "somebody");
        return await TestStream.OpenAsync(test.App.NewClient(), request);
    }

    private static async Task UntilAsync(TestSubscriptions test, Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            TestApp.Cancellation.ThrowIfCancellationRequested();
            await test.PassAsync();
        }
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response) =>
        JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestApp.Cancellation));
}
