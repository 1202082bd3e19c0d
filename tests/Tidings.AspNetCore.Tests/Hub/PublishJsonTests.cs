using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Hub;

/// <summary>Publishing in JSON, one event or a batch: ours, beside the form of the protocol.</summary>
public sealed class PublishJsonTests
{
    [Fact]
    public async Task One_event_is_an_object_and_is_answered_with_its_id()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("two");

        using HttpResponseMessage response = await PostAsync(
            app, """{"topic":["one","two"],"data":"a\nb","id":"mine","type":"greeting","retry":1500,"private":false}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal("""{"id":"mine"}""", await response.Content.ReadAsStringAsync(TestApp.Cancellation));
        await stream.ReadEventsAsync(1);
        Assert.Equal(":\nevent: greeting\nretry: 1500\ndata: a\ndata: b\nid: mine\n\n", stream.Text);
    }

    [Theory]
    [InlineData("""{"topic":"news","data":{"price": 1.50}}""", """{"price": 1.50}""")]
    [InlineData("""{"topic":"news","data":[1, 2]}""", "[1, 2]")]
    [InlineData("""{"topic":"news","data":null}""", "null")]
    [InlineData("""{"topic":"news","data":true}""", "true")]
    [InlineData("""{"topic":"news","data":"\u00e9"}""", "é")]
    [InlineData("""{"topic":"news"}""", "")]
    public async Task Data_that_is_no_text_is_sent_as_the_json_that_it_was(string body, string data)
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("news");

        using HttpResponseMessage response = await PostAsync(app, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(data, Assert.Single(await stream.ReadEventsAsync(1)).Data);
    }

    [Fact]
    public async Task A_batch_is_stored_in_its_order_and_answered_with_all_ids()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("*");
        string body = $"[{string.Join(',', Enumerable.Range(0, 500).Select(i => string.Create(CultureInfo.InvariantCulture, $$"""{"topic":"t{{i % 7}}","data":{{i}}}""")))}]";

        using HttpResponseMessage response = await PostAsync(app, body);

        using JsonDocument ids = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestApp.Cancellation));
        IReadOnlyList<DecodedEvent> events = await stream.ReadEventsAsync(500);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => i.ToString(CultureInfo.InvariantCulture)), events.Select(received => received.Data));
        Assert.Equal(ids.RootElement.EnumerateArray().Select(answer => answer.GetProperty("id").GetString()), events.Select(received => received.LastEventId));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("{", null)]
    [InlineData("1", null)]
    [InlineData("\"x\"", null)]
    [InlineData("[]", null)]
    [InlineData("{}", "topic")]
    [InlineData("""{"topic":[]}""", "topic")]
    [InlineData("""{"topic":1}""", "topic")]
    [InlineData("""{"topic":["a",null]}""", "topic")]
    [InlineData("""{"topic":"*"}""", "topic")]
    [InlineData("""{"topic":"a\u0000b"}""", "topic")]
    [InlineData("""{"topic":"/.well-known/mercure/subscriptions/x"}""", "topic")]
    [InlineData("""{"topic":"a","private":"yes"}""", "private")]
    [InlineData("""{"topic":"a","private":1}""", "private")]
    [InlineData("""{"topic":"a","privat":true}""", null)]
    [InlineData("""{"topic":"a","topic":"b"}""", null)]
    [InlineData("""{"topic":"a","id":7}""", "id")]
    [InlineData("""{"topic":"a","id":"#x"}""", "id")]
    [InlineData("""{"topic":"a","type":"mercure"}""", "type")]
    [InlineData("""{"topic":"a","type":"x\ndata: y"}""", "type")]
    [InlineData("""{"topic":"a","retry":-1}""", "retry")]
    [InlineData("""{"topic":"a","retry":1.5}""", "retry")]
    [InlineData("""{"topic":"a","retry":"1"}""", "retry")]
    [InlineData("""{"topic":"a","data":"\ud800"}""", null)]
    [InlineData("""{"topic":"a","idempotency_key":""}""", "idempotency_key")]
    [InlineData("""[{"topic":"a","idempotency_key":"x"},{"topic":"b","idempotency_key":"y\u0000"}]""", "[1].idempotency_key")]
    [InlineData("""[{"topic":"a"},{"topic":"b","type":"mercure"}]""", "[1].type")]
    [InlineData("""[{"topic":"a"},[]]""", "[1]")]
    public async Task Bad_input_is_answered_with_a_problem_and_nothing_of_it_is_stored(string body, string? field)
    {
        await using TestApp app = await TestApp.StartAsync();

        using HttpResponseMessage response = await PostAsync(app, body);

        await SubscribeTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, field);
        await using TestStream stream = await app.SubscribeAsync("*", "earliest");
        string end = await app.PublishAsync("end", "end");
        Assert.Equal(end, Assert.Single(await stream.ReadEventsAsync(1)).LastEventId);
    }

    [Theory]
    [InlineData(2, HttpStatusCode.OK)]
    [InlineData(3, HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_batch_has_a_bound(int events, HttpStatusCode status)
    {
        await using TestApp app = await TestApp.StartAsync(options => options.MaxBatchEvents = 2);

        using HttpResponseMessage response = await PostAsync(app, $"[{string.Join(',', Enumerable.Repeat("""{"topic":"a"}""", events))}]");

        Assert.Equal(status, response.StatusCode);
    }

    [Theory]
    [InlineData(100, HttpStatusCode.OK)]
    [InlineData(101, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Data_and_body_have_bounds(int length, HttpStatusCode status)
    {
        await using TestApp app = await TestApp.StartAsync(options => options.MaxFieldBytes = 100);
        await using TestApp small = await TestApp.StartAsync(options => options.MaxBodyBytes = 125);
        string body = $$"""{"topic":"a","data":"{{new string('x', length)}}"}""";
        Assert.Equal(length + 23, body.Length);

        using HttpResponseMessage field = await PostAsync(app, body);
        using HttpResponseMessage whole = await PostAsync(small, body + "  ");

        Assert.Equal(status, field.StatusCode);
        Assert.Equal(status, whole.StatusCode);
    }

    [Fact]
    public async Task Each_event_of_a_batch_may_carry_a_key_and_a_second_try_stores_nothing_twice()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("*");
        const string Body = """[{"topic":"a","data":"1","idempotency_key":"k1"},{"topic":"a","data":"2","idempotency_key":"k2"}]""";

        using HttpResponseMessage first = await PostAsync(app, Body);
        using HttpResponseMessage second = await PostAsync(app, Body);
        await app.PublishAsync("end", "end");

        Assert.Equal(
            await first.Content.ReadAsStringAsync(TestApp.Cancellation), await second.Content.ReadAsStringAsync(TestApp.Cancellation));
        Assert.Equal(["1", "2", "end"], (await stream.ReadEventsAsync(3)).Select(received => received.Data));
    }

    [Fact]
    public async Task A_batch_of_which_one_event_was_refused_tells_what_became_of_each()
    {
        await using TestApp app = await TestApp.StartAsync();
        using HttpResponseMessage used = await PostAsync(app, """{"topic":"a","data":"1","idempotency_key":"k"}""");

        using HttpResponseMessage response = await PostAsync(app, """[{"topic":"a","id":"x"},{"topic":"a","data":"2","idempotency_key":"k"}]""");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestApp.Cancellation));
        Assert.Equal("""[{"id":"x"},{"failure":"key-reused"}]""", problem.RootElement.GetProperty("events").GetRawText());
    }

    [Fact]
    public async Task The_header_with_a_key_goes_with_one_event_that_has_none()
    {
        await using TestApp app = await TestApp.StartAsync();
        foreach ((string body, HttpStatusCode status) in new[]
        {
            ("""{"topic":"a"}""", HttpStatusCode.OK),
            ("""[{"topic":"a"}]""", HttpStatusCode.BadRequest),
            ("""{"topic":"a","idempotency_key":"k"}""", HttpStatusCode.BadRequest),
        })
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            content.Headers.Add("Idempotency-Key", "other");
            using HttpResponseMessage response = await app.Client.PostAsync(TestApp.HubPath, content, TestApp.Cancellation);
            Assert.Equal(status, response.StatusCode);
        }
    }

    private static async Task<HttpResponseMessage> PostAsync(TestApp app, string body)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json");
        return await app.Client.PostAsync(TestApp.HubPath, content, TestApp.Cancellation);
    }
}
