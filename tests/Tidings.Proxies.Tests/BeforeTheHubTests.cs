using System.Diagnostics;
using System.Net;
using Tidings.Testing;

namespace Tidings.Proxies.Tests;

/// <summary>Each proxy of the guide with the guide's own configuration before a hub.</summary>
public sealed class BeforeTheHubTests
{
    private const int Streams = 30;
    private const string Apache = "apache";

    // A proxy notices that its client has left at the latest when it cannot pass on a heartbeat.
    private static readonly (string Name, string Value) Heartbeat = ("Tidings:HeartbeatInterval", "00:00:01");

    public static TheoryData<string> Proxies => new(Recipe.All.Keys);

    public static TheoryData<string> ProxiesWithoutApache => new(Recipe.All.Keys.Except([Apache], StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task Headers_and_the_first_event_arrive_at_once(string name)
    {
        await using HubBehind hub = await HubBehind.StartAsync(("Tidings:HeartbeatInterval", "00:05:00"));
        await using RunningProxy proxy = await RunningProxy.StartAsync(name, hub.EndPoint);

        var watch = Stopwatch.StartNew();
        await using TestStream stream = await OpenAsync(proxy);
        TimeSpan headers = watch.Elapsed;
        Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode);
        Assert.Equal("text/event-stream", stream.Response.Content.Headers.ContentType?.ToString());
        Assert.Equal(proxy.EndsTls ? HttpVersion.Version20 : HttpVersion.Version11, stream.Response.Version);
        await stream.ReadUntilAsync(text => text.StartsWith(':'));

        watch.Restart();
        await hub.Broker.PublishAsync("news", "first", TestContext.Current.CancellationToken);
        await stream.ReadEventsAsync(1);
        TimeSpan first = watch.Elapsed;

        // It takes milliseconds; a proxy that holds back until a buffer is full would take for ever, since nothing else comes.
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: headers after {headers.TotalMilliseconds:F0} ms, the first event {first.TotalMilliseconds:F1} ms after its publish.");
    }

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task Publishing_the_cookie_the_origin_and_the_last_id_pass(string name)
    {
        await using HubBehind hub = await HubBehind.StartAsync();
        await using RunningProxy proxy = await RunningProxy.StartAsync(name, hub.EndPoint);
        string first = await PublishAsync(proxy, "first");
        string second = await PublishAsync(proxy, "second");

        // The hub compares the page's origin with its own as browsers know it, for which it needs the proxy's Host and X-Forwarded-Proto.
        await using TestStream stream = await OpenAsync(
            proxy, ("Cookie", $"{HubBehind.Cookie}={HubBehind.Subscriber}"), ("Origin", proxy.Address.GetLeftPart(UriPartial.Authority)), ("Last-Event-ID", first));

        Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode);
        Assert.Equal(first, Assert.Single(stream.Response.Headers.GetValues("Last-Event-ID")));
        Assert.Equal(new DecodedEvent("message", "second", second), Assert.Single(await stream.ReadEventsAsync(1)));
        await using TestStream foreign = await OpenAsync(proxy, ("Cookie", $"{HubBehind.Cookie}={HubBehind.Subscriber}"), ("Origin", "https://elsewhere.example"));
        Assert.Equal(HttpStatusCode.Forbidden, foreign.Response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task The_hub_knows_each_client_behind_it_and_notices_when_one_leaves(string name)
    {
        await using HubBehind hub = await HubBehind.StartAsync(Heartbeat, ("Tidings:Streams:MaxPerAddress", "1"), ("Tidings:Streams:RefuseSoftly", "false"));
        await using RunningProxy proxy = await RunningProxy.StartAsync(name, hub.EndPoint);
        var other = IPAddress.Parse("127.0.0.2");

        TestStream leaving = await OpenFromAsync(IPAddress.Loopback);
        await using TestStream staying = await OpenFromAsync(other);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [leaving.Response.StatusCode, staying.Response.StatusCode]);
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(IPAddress.Loopback));

        await leaving.DisposeAsync();
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        while (await TryAsync(IPAddress.Loopback) != HttpStatusCode.OK)
        {
            Assert.True(watch.Elapsed < Hang.Limit, "The hub has not noticed.");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: noticed after {watch.Elapsed.TotalSeconds:F1} s, with a heartbeat every second.");
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(other));

        Task<TestStream> OpenFromAsync(IPAddress from) => TestStream.OpenAsync(proxy.NewClient(from), Request(proxy));

        async Task<HttpStatusCode> TryAsync(IPAddress from)
        {
            await using TestStream stream = await OpenFromAsync(from);
            return stream.Response.StatusCode;
        }
    }

    [Theory]
    [MemberData(nameof(ProxiesWithoutApache))]
    public async Task Thirty_streams_of_one_page_are_open_at_once_over_one_connection_where_the_proxy_speaks_HTTP_2(string name)
    {
        await using HubBehind hub = await HubBehind.StartAsync();
        await using RunningProxy proxy = await RunningProxy.StartAsync(name, hub.EndPoint);
        int connections = 0;
        using HttpClient client = proxy.NewClient(connected: () => Interlocked.Increment(ref connections));
        TestStream[] streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => TestStream.OpenAsync(client, Request(proxy))));
        await hub.Broker.PublishAsync("news", "for all", TestContext.Current.CancellationToken);

        await Task.WhenAll(streams.Select(stream => stream.ReadEventsAsync(1)));
        Assert.Equal(proxy.EndsTls ? 1 : Streams, connections);
    }

    // What a browser takes for an error ends its EventSource for good (WHATWG HTML 9.2.3, "fail the connection"). Apache has no such answer of its own.
    [Theory]
    [MemberData(nameof(ProxiesWithoutApache))]
    public async Task While_the_hub_is_away_browsers_are_told_to_come_back_and_publishers_that_it_failed(string name)
    {
        // At a port that the system gives to nobody by chance once the hub is gone.
        HubBehind hub = await HubBehind.StartAsync(("urls", $"http://127.0.0.1:{Ports.Free(1)[0]}"));
        await using RunningProxy proxy = await RunningProxy.StartAsync(name, hub.EndPoint);
        await (await OpenAsync(proxy)).DisposeAsync();
        await hub.DisposeAsync();

        // A proxy that asks the hub now and then may find out a little later.
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        TestStream stream;
        while ((stream = await OpenAsync(proxy, ("Accept", "text/event-stream"))).Response.StatusCode != HttpStatusCode.OK)
        {
            await stream.DisposeAsync();
            await timer.WaitForNextTickAsync(patience.Token);
        }

        Assert.Empty(await stream.ReadToEndAsync());
        Assert.Equal(("text/event-stream", true), (stream.Response.Content.Headers.ContentType?.MediaType, stream.Response.Headers.CacheControl?.NoStore));
        Assert.Equal("retry: 5000\n\n", stream.Text);
        await stream.DisposeAsync();
        using HttpClient client = proxy.NewClient();

        // Over HTTP/2 a proxy that answers before it has read the body also ends the request, which .NET's client, as long as it sends, takes for a failure.
        client.DefaultRequestVersion = HttpVersion.Version11;
        using var form = new FormUrlEncodedContent([new("topic", "news")]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.PostAsync(proxy.Hub, form, patience.Token)).StatusCode);
    }

    [Fact]
    public async Task HAProxy_does_not_take_a_hub_that_answers_its_question_late_for_one_that_is_gone()
    {
        await using LateHub hub = await LateHub.StartAsync(late: TimeSpan.FromSeconds(3));
        await using RunningProxy proxy = await RunningProxy.StartAsync("haproxy", hub.EndPoint);
        await hub.AskedWhetherReady.WaitAsync(Hang.Limit);

        await using TestStream stream = await OpenAsync(proxy);

        Assert.Equal(LateHub.Answer, await stream.ReadUntilAsync(text => text.Length >= LateHub.Answer.Length));
    }

    // Its HTTP/2 begins with six requests of a connection at a time, and serves more only once it sees those come to an end, which streams do not. When a later version does better, the guide has to say so.
    [Fact]
    public async Task Apache_serves_six_streams_of_a_connection_and_lets_the_others_wait()
    {
        await using HubBehind hub = await HubBehind.StartAsync();
        await using RunningProxy proxy = await RunningProxy.StartAsync(Apache, hub.EndPoint);
        using HttpClient client = proxy.NewClient();
        using var enough = new CancellationTokenSource();
        using var six = new CountdownEvent(6);
        int open = 0;
        Task[] attempts = [.. Enumerable.Range(0, Streams).Select(async _ =>
        {
            using HttpRequestMessage request = Request(proxy);
            request.Version = client.DefaultRequestVersion;
            await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, enough.Token);
            if (Interlocked.Increment(ref open) <= 6)
            {
                six.Signal();
            }
        })];

        Assert.True(await Task.Run(() => six.Wait(Hang.Limit)), $"Only {open} are open.");
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"{open} of {Streams} streams are open.");
        Assert.Equal(6, open);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(attempts));
    }

    private static async Task<string> PublishAsync(RunningProxy proxy, string data)
    {
        using HttpClient client = proxy.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, proxy.Hub)
        {
            Content = new FormUrlEncodedContent([new("topic", "news"), new("data", data), new("private", "on")]),
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
        };
        request.Headers.Add("Authorization", $"Bearer {HubBehind.Publisher}");
        using HttpResponseMessage response = await client.SendAsync(request);
        string answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, answer);
        return answer;
    }

    private static Task<TestStream> OpenAsync(RunningProxy proxy, params (string Name, string Value)[] headers) => TestStream.OpenAsync(proxy.NewClient(), Request(proxy, headers));

    private static HttpRequestMessage Request(RunningProxy proxy, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{proxy.Hub}?topic=news"));
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }
}
