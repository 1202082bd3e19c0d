using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Hub;

public sealed class PublishTests
{
    [Fact]
    public async Task A_publish_is_answered_with_the_events_id_as_text()
    {
        await using TestApp app = await TestApp.StartAsync();

        using HttpResponseMessage response = await app.PublishAsync(("topic", "news"), ("data", "hi"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.Matches("^#[A-Za-z0-9_-]{22}$", await response.Content.ReadAsStringAsync(TestApp.Cancellation));
    }

    [Fact]
    public async Task Every_field_reaches_the_subscriber()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("two");

        using HttpResponseMessage response = await app.PublishAsync(
            ("topic", "one"), ("topic", "two"), ("data", "a\r\nb\rc\n"), ("id", "mine"), ("type", "greeting"), ("retry", "1500"), ("color", "red"));

        Assert.Equal("mine", await response.Content.ReadAsStringAsync(TestApp.Cancellation));
        await stream.ReadEventsAsync(1);
        Assert.Equal(":\nevent: greeting\nretry: 1500\ndata: a\ndata: b\ndata: c\ndata: \nid: mine\n\n", stream.Text);
    }

    [Fact]
    public async Task Without_data_an_event_with_empty_data_is_published()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("news");

        await app.PublishAsync(("topic", "news"));

        Assert.Equal("", Assert.Single(await stream.ReadEventsAsync(1)).Data);
    }

    [Theory]
    [InlineData("", "topic")]
    [InlineData("data=x", "topic")]
    [InlineData("topic=", "topic")]
    [InlineData("topic=*", "topic")]
    [InlineData("topic=a%0Db", "topic")]
    [InlineData("topic=a%FF", "topic")]
    [InlineData("topic=a&data=%FF", "data")]
    [InlineData("topic=a&data=%C0%80", "data")]
    [InlineData("topic=a&data=%ED%A0%80", "data")]
    [InlineData("topic=a&id=%23x", "id")]
    [InlineData("topic=a&id=earliest", "id")]
    [InlineData("topic=a&id=a%00b", "id")]
    [InlineData("topic=a&id=a%0Adata:%20x", "id")]
    [InlineData("topic=a&type=a%0Db", "type")]
    [InlineData("topic=a&type=mercure", "type")]
    [InlineData("topic=a&type=tidings-gap", "type")]
    [InlineData("topic=a&retry=", "retry")]
    [InlineData("topic=a&retry=-1", "retry")]
    [InlineData("topic=a&retry=1.5", "retry")]
    [InlineData("topic=a&retry=+1", "retry")]
    [InlineData("topic=a&retry=%D9%A1", "retry")]
    [InlineData("topic=/.well-known/mercure", "topic")]
    [InlineData("topic=a&topic=/.well-known/mercure/subscriptions/x", "topic")]
    public async Task Bad_input_is_answered_with_a_problem_that_names_the_field(string body, string field)
    {
        await using TestApp app = await TestApp.StartAsync();

        using HttpResponseMessage response = await PostAsync(app, body);

        await SubscribeTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, field);
        await using TestStream stream = await app.SubscribeAsync("*", "earliest");
        string end = await app.PublishAsync("end", "end");
        Assert.Equal(end, Assert.Single(await stream.ReadEventsAsync(1)).LastEventId);
    }

    [Theory]
    [InlineData(0x00, 0x1F)]
    [InlineData(0x7F, 0x9F)]
    [InlineData(0x200B, 0x200F)]
    [InlineData(0x202A, 0x202E)]
    [InlineData(0xFEFF, 0xFEFF)]
    public async Task No_control_or_format_character_gets_into_a_field_that_stands_on_a_line(int first, int last)
    {
        await using TestApp app = await TestApp.StartAsync();
        for (int code = first; code <= last; code++)
        {
            foreach (string field in new[] { "id", "type", "topic" })
            {
                using HttpResponseMessage response = await app.PublishAsync(("topic", "news"), (field, $"a{(char)code}b"));
                Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            }
        }
    }

    [Theory]
    [InlineData("0", "500")]
    [InlineData("1", "500")]
    [InlineData("000002000", "2000")]
    [InlineData("600001", "600000")]
    [InlineData("99999999999999999999", "600000")]
    public async Task A_hostile_reconnection_time_is_brought_into_range(string retry, string sent)
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("news");

        await app.PublishAsync(("topic", "news"), ("data", "x"), ("retry", retry));
        await stream.ReadEventsAsync(1);

        Assert.Contains($"retry: {sent}\n", stream.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/.well-known/mercure")]
    [InlineData("/.WELL-KNOWN/mercure")]
    [InlineData("/.well-known/mercure/")]
    [InlineData("/.well-known/mercure/subscriptions/a/b")]
    [InlineData("/.well-known/./mercure/x")]
    [InlineData("/x/../.well-known/mercure/x")]
    [InlineData("/.well-known/x/%2e%2e/mercure")]
    [InlineData("/%2Ewell-known/%6Dercure/x")]
    [InlineData("/%2ewell%2Dknown/mercure")]
    [InlineData("//evil.example/.well-known/mercure/x")]
    [InlineData("https://evil.example/.well-known/mercure")]
    [InlineData("https://evil.example:99/a/../.well-known/mercure/x?q#f")]
    [InlineData("http:/.well-known/mercure")]
    [InlineData("HTTPS://EVIL/.well-known/mercure/subscriptions")]
    [InlineData("\\.well-known\\mercure")]
    [InlineData("/.well-known\\mercure\\x")]
    [InlineData("mercure")]
    [InlineData("./mercure/x")]
    [InlineData("../.well-known/mercure")]
    [InlineData("?x")]
    [InlineData("#x")]
    [InlineData(" /.well-known/mercure")]
    [InlineData("custom://h/.well-known/mercure/x")]
    [InlineData("custom:/.well-known/%6Dercure")]
    public async Task No_spelling_of_the_hubs_own_address_is_a_topic(string topic)
    {
        await using TestApp app = await TestApp.StartAsync();

        using HttpResponseMessage response = await app.PublishAsync(("topic", topic), ("data", "x"));

        await SubscribeTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, "topic");
    }

    [Theory]
    [InlineData("/.well-known/mercurey")]
    [InlineData("/.well-known")]
    [InlineData("/a/.well-known/mercure")]
    [InlineData("https://example.com/books/1")]
    [InlineData("urn:uuid:1")]
    [InlineData("prices/ACME")]
    [InlineData("näwß 🦊")]
    [InlineData("http://[bad")]
    public async Task Any_other_text_is(string topic)
    {
        await using TestApp app = await TestApp.StartAsync();

        using HttpResponseMessage response = await app.PublishAsync(("topic", topic), ("data", "x"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/json")]
    [InlineData("application/json; charset=latin1")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/x-www-form-urlencoded; charset=latin1")]
    [InlineData(null)]
    public async Task Only_urlencoded_forms_and_json_are_read(string? contentType)
    {
        await using TestApp app = await TestApp.StartAsync();
        using var content = new ByteArrayContent("topic=news"u8.ToArray());
        if (contentType is not null)
        {
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        using HttpResponseMessage response = await app.Client.PostAsync(TestApp.HubPath, content, TestApp.Cancellation);

        await SubscribeTests.AssertProblemAsync(response, HttpStatusCode.UnsupportedMediaType, "Content-Type");
    }

    [Theory]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    public async Task A_body_may_be_as_large_as_the_limit_whether_or_not_its_length_is_announced(int size, bool fits)
    {
        await using TestApp app = await TestApp.StartAsync(options => options.MaxBodyBytes = 1000);
        string body = "topic=news&data=" + new string('x', size - "topic=news&data=".Length);

        using HttpResponseMessage announced = await PostAsync(app, body);
        using HttpResponseMessage streamed = await PostAsync(app, body, isChunked: true);

        foreach (HttpResponseMessage response in new[] { announced, streamed })
        {
            if (fits)
            {
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }
            else
            {
                await SubscribeTests.AssertProblemAsync(response, HttpStatusCode.RequestEntityTooLarge, field: null);
            }
        }
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public async Task A_field_may_be_as_large_as_the_limit(int size, bool fits)
    {
        await using TestApp app = await TestApp.StartAsync(options => options.MaxFieldBytes = 100);

        using HttpResponseMessage response = await PostAsync(app, "topic=news&data=" + new string('x', size - "data=".Length));

        Assert.Equal(fits ? HttpStatusCode.OK : HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task A_body_without_end_is_given_up_as_soon_as_it_is_too_large()
    {
        await using TestApp app = await TestApp.StartAsync(options => options.MaxFieldBytes = 10_000);
        await using Stream connection = app.Transport.Connect(TestApp.Http1Port);
        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {TestApp.HubPath} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"));
        byte[] head = new byte[12];
        Task answering = connection.ReadExactlyAsync(head).AsTask();
        byte[] chunk = Encoding.ASCII.GetBytes("3e8\r\n" + new string('x', 1000) + "\r\n");
        int sent = 0;
        while (!answering.IsCompleted)
        {
            await connection.WriteAsync(chunk);
            sent += 1000;
            Assert.InRange(sent, 0, 10_000_000);
            await Task.WhenAny(answering, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System)); // what nobody reads any more would be sent without end
        }

        await answering;
        Assert.Equal("HTTP/1.1 413", Encoding.ASCII.GetString(head));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public async Task A_publish_may_have_as_many_topics_as_the_limit(int count, bool fits)
    {
        await using TestApp app = await TestApp.StartAsync(options => options.MaxTopics = 3);

        using HttpResponseMessage response = await PostAsync(app, string.Join('&', Enumerable.Range(0, count).Select(number => $"topic=t{number}")));

        Assert.Equal(fits ? HttpStatusCode.OK : HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Outside_dev_mode_nobody_may_publish()
    {
        await using TestApp app = await TestApp.StartAsync(options => options.Dev = false);

        using HttpResponseMessage response = await app.PublishAsync(("topic", "news"), ("data", "x"));

        await SubscribeTests.AssertProblemAsync(response, HttpStatusCode.Unauthorized, field: null);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task In_dev_mode_other_machines_may_not_publish()
    {
        await using TestApp app = await TestApp.StartAsync();
        app.Transport.ClientAddress = IPAddress.Parse("192.0.2.7");

        using HttpResponseMessage response = await app.PublishAsync(("topic", "news"), ("data", "x"));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://localhost:9999", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://localhost:5001", HttpStatusCode.OK)]
    [InlineData("Host", "evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Host", "localhost.evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Host", "127.0.0.1:5001", HttpStatusCode.OK)]
    [InlineData("Host", "[::1]:5001", HttpStatusCode.OK)]
    public async Task In_dev_mode_pages_from_elsewhere_may_not_publish_through_the_developers_browser(string header, string value, HttpStatusCode expected)
    {
        await using TestApp app = await TestApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, TestApp.HubPath);
        request.Content = new FormUrlEncodedContent([KeyValuePair.Create("topic", "news")]);
        request.Headers.TryAddWithoutValidation(header, value);

        using HttpResponseMessage response = await app.Client.SendAsync(request, TestApp.Cancellation);

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task In_dev_mode_a_page_from_elsewhere_cannot_read_by_a_host_name_of_its_own()
    {
        await using TestApp app = await TestApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{TestApp.HubPath}?match=news");
        request.Headers.Host = "evil.example";

        using HttpResponseMessage response = await app.Client.SendAsync(request, TestApp.Cancellation);

        await SubscribeTests.AssertProblemAsync(response, HttpStatusCode.Forbidden, field: null);
    }

    [Fact]
    public async Task A_hub_that_is_overloaded_says_when_to_try_again()
    {
        await using TestApp app = await TestApp.StartAsync(options => options.Broker.PublishQueueBytes = 10);

        using HttpResponseMessage response = await app.PublishAsync(("topic", "news"), ("data", new string('x', 100)));

        await SubscribeTests.AssertProblemAsync(response, HttpStatusCode.ServiceUnavailable, field: null);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    private static Task<HttpResponseMessage> PostAsync(TestApp app, string body, bool isChunked = false)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, TestApp.HubPath) { Content = new ByteArrayContent(Encoding.ASCII.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        request.Headers.TransferEncodingChunked = isChunked;
        return app.Client.SendAsync(request, TestApp.Cancellation);
    }
}
