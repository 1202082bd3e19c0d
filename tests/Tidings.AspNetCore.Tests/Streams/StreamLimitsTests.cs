using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

/// <summary>How many streams may be open, and what those are told who come too late.</summary>
public sealed partial class StreamLimitsTests
{
    private const string Everything = "match=*";

    [Fact]
    public async Task A_stream_too_many_for_the_app_is_refused_until_another_one_ends()
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxTotal = 2);
        await using TestStream first = await app.SubscribeWithAsync(null, Everything);
        await using TestStream second = await app.SubscribeWithAsync(GuardedHub.Current(subscribe: ["*"]), Everything);

        await using (TestStream third = await app.SubscribeWithAsync(null, Everything))
        {
            await AssertRefusedAsync(third, HttpStatusCode.ServiceUnavailable);
        }

        await first.DisposeAsync();
        await WaitForCountAsync(app, 1);
        await using TestStream fourth = await app.SubscribeWithAsync(null, Everything);
        Assert.Equal(HttpStatusCode.OK, fourth.Response.StatusCode);
    }

    [Theory]
    [InlineData("text/event-stream", false)]
    [InlineData("text/event-stream", true)]
    [InlineData("text/html, Text/Event-Stream;q=0.9", false)]
    public async Task A_browser_is_sent_away_with_a_time_after_which_to_come_back(string accept, bool http2)
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxTotal = 1);
        await using TestStream first = await app.SubscribeWithAsync(null, Everything);
        HashSet<string> times = [];
        for (int i = 0; i < 20; i++)
        {
            await using TestStream refused = await app.SubscribeWithAsync(null, Everything, http2: http2, headers: ("Accept", accept));
            Assert.Empty(await refused.ReadToEndAsync());

            Assert.Equal(HttpStatusCode.OK, refused.Response.StatusCode);
            Assert.Equal("text/event-stream", refused.Response.Content.Headers.ContentType?.ToString());
            Assert.True(refused.Response.Headers.CacheControl!.NoStore);
            string time = RetryAlone().Match(refused.Text).Groups["time"].Value;
            Assert.InRange(int.Parse(time, CultureInfo.InvariantCulture), 5000, 30_000);
            times.Add(time);
        }

        Assert.InRange(times.Count, 5, 20); // so that they do not come back together
    }

    [Fact]
    public async Task Where_that_is_switched_off_browsers_are_told_like_everybody_else()
    {
        await using TestApp app = await GuardedHub.StartAsync(options =>
        {
            options.Streams.MaxPerAddress = 1;
            options.Streams.RefuseSoftly = false;
        });
        await using TestStream first = await app.SubscribeWithAsync(null, Everything);
        await using TestStream second = await app.SubscribeWithAsync(null, Everything, headers: ("Accept", "text/event-stream"));

        await AssertRefusedAsync(second, HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7", false)]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", false)]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7", false)]
    [InlineData("192.0.2.7", "192.0.2.8", true)]
    [InlineData("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", false)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", true)]
    public async Task An_address_is_one_machine_of_IPv4_or_one_network_of_IPv6(string first, string second, bool isOther)
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxPerAddress = 1);
        app.Transport.ClientAddress = IPAddress.Parse(first);
        await using TestStream one = await app.SubscribeWithAsync(null, Everything);
        app.Transport.ClientAddress = IPAddress.Parse(second);
        await using TestStream other = await app.SubscribeWithAsync(null, Everything);

        Assert.Equal(isOther ? HttpStatusCode.OK : HttpStatusCode.TooManyRequests, other.Response.StatusCode);
    }

    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Real-IP")]
    [InlineData("Forwarded")]
    public async Task A_header_that_claims_another_address_changes_nothing(string header)
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxPerAddress = 1);
        await using TestStream one = await app.SubscribeWithAsync(null, Everything);
        await using TestStream other = await app.SubscribeWithAsync(null, Everything, headers: (header, header == "Forwarded" ? "for=192.0.2.9" : "192.0.2.9"));

        Assert.Equal(HttpStatusCode.TooManyRequests, other.Response.StatusCode);
    }

    [Fact]
    public async Task A_subject_is_that_of_its_issuer_whatever_its_tokens()
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxPerSubject = 1);
        await using TestStream alice = await app.SubscribeWithAsync(GuardedHub.Current(id: "1"), Everything);
        await using TestStream again = await app.SubscribeWithAsync(GuardedHub.Current(id: "2"), Everything);
        await using TestStream bob = await app.SubscribeWithAsync(GuardedHub.Current(subject: "bob"), Everything);
        await using TestStream other = await app.SubscribeWithAsync(GuardedHub.Current(issuer: Forge.OtherIssuer), Everything);
        await using TestStream user = await app.SubscribeWithAsync("user:alice", Everything);
        await using TestStream userAgain = await app.SubscribeWithAsync("user:alice", Everything);

        HttpStatusCode[] statuses = [.. new[] { alice, again, bob, other, user, userAgain }.Select(stream => stream.Response.StatusCode)];
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], statuses);
    }

    // Tokens of protocol 0.x rarely have a subject: all of their bearers together are nobody in particular.
    [Fact]
    public async Task Tokens_without_a_subject_are_not_one_subject()
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxPerSubject = 1);
        foreach (string token in new[] { GuardedHub.LegacySubscriber("*"), GuardedHub.Current(subject: null) })
        {
            await using TestStream one = await app.SubscribeWithAsync(token, Everything);
            await using TestStream other = await app.SubscribeWithAsync(token, Everything);

            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (one.Response.StatusCode, other.Response.StatusCode));
        }
    }

    [Fact]
    public async Task A_token_is_that_of_its_issuer_whoever_its_subject()
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxPerToken = 1);
        await using TestStream one = await app.SubscribeWithAsync(GuardedHub.Current(id: "t"), Everything);
        await using TestStream again = await app.SubscribeWithAsync(GuardedHub.Current(id: "t", subject: "bob"), Everything);
        await using TestStream other = await app.SubscribeWithAsync(GuardedHub.Current(id: "u"), Everything);
        await using TestStream issuer = await app.SubscribeWithAsync(GuardedHub.Current(id: "t", issuer: Forge.OtherIssuer), Everything);
        await using TestStream unnamed = await app.SubscribeWithAsync(GuardedHub.Current(), Everything);
        await using TestStream unnamedAgain = await app.SubscribeWithAsync(GuardedHub.Current(), Everything);

        HttpStatusCode[] statuses = [.. new[] { one, again, other, issuer, unnamed, unnamedAgain }.Select(stream => stream.Response.StatusCode)];
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], statuses);
    }

    [Fact]
    public async Task Streams_are_counted_and_not_connections()
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxPerAddress = 100);
        HttpClient[] connections = [.. Enumerable.Range(0, 3).Select(_ => app.NewClient(http2: true))];

        HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 300).Select(number => connections[number % 3].GetAsync(
            $"{TestApp.HubPath}?{Everything}", HttpCompletionOption.ResponseHeadersRead, TestApp.Cancellation)));

        Assert.Equal(100, responses.Count(response => response.StatusCode == HttpStatusCode.OK));
        Assert.Equal(200, responses.Count(response => response.StatusCode == HttpStatusCode.TooManyRequests));
        foreach (HttpResponseMessage response in responses)
        {
            response.Dispose();
        }

        await WaitForCountAsync(app, 0);
        foreach (HttpClient connection in connections)
        {
            connection.Dispose();
        }
    }

    [Fact]
    public async Task What_fails_to_open_and_what_only_asks_for_the_head_is_not_counted()
    {
        await using TestApp app = await GuardedHub.StartAsync(options =>
        {
            options.Streams.MaxTotal = 2;
            options.Broker.MaxPatterns = 1;
        });
        await using TestStream pattern = await app.SubscribeWithAsync(null, "match_urlpattern=/books/:id");
        for (int i = 0; i < 5; i++)
        {
            await using TestStream refused = await app.SubscribeWithAsync(null, "match_urlpattern=/films/:id");
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.Response.StatusCode);
            await WaitForCountAsync(app, 1); // the answer comes a moment before the request is over
            using HttpResponseMessage head = await app.AskAsync(HttpMethod.Head, $"{TestApp.HubPath}?{Everything}");
            Assert.Equal(HttpStatusCode.OK, head.StatusCode);
            using HttpResponseMessage bad = await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?match=");
            Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        }

        await WaitForCountAsync(app, 1);
    }

    // A pattern too many is a limit like the others: it says when to come back, and does not send browsers away for good.
    [Fact]
    public async Task A_pattern_too_many_is_refused_like_a_stream_too_many_and_free_when_its_last_stream_has_ended()
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Broker.MaxPatterns = 1);
        await using (TestStream first = await app.SubscribeWithAsync(null, "match_urlpattern=/books/:id"))
        {
            await using TestStream refused = await app.SubscribeWithAsync(null, "match_urlpattern=/films/:id");
            await AssertRefusedAsync(refused, HttpStatusCode.TooManyRequests);

            await using TestStream browser = await app.SubscribeWithAsync(null, "match_urlpattern=/films/:id", headers: ("Accept", "text/event-stream"));
            await browser.ReadToEndAsync();
            Assert.Equal(HttpStatusCode.OK, browser.Response.StatusCode);
            Assert.Matches(RetryAlone(), browser.Text);
        }

        await WaitForCountAsync(app, 0);
        await using TestStream second = await app.SubscribeWithAsync(null, "match_urlpattern=/films/:id");
        Assert.Equal(HttpStatusCode.OK, second.Response.StatusCode);
    }

    private static async Task AssertRefusedAsync(TestStream stream, HttpStatusCode status)
    {
        await stream.ReadToEndAsync();
        using JsonDocument problem = JsonDocument.Parse(stream.Text);
        Assert.Equal((status, (int)status), (stream.Response.StatusCode, problem.RootElement.GetProperty("status").GetInt32()));
        Assert.True(stream.Response.Headers.CacheControl!.NoStore);
        Assert.InRange(stream.Response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 5, 30); // both are sent
    }

    private static async Task WaitForCountAsync(TestApp app, int count)
    {
        StreamLimits limits = app.Services.GetRequiredService<StreamLimits>();
        while (limits.Count != count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestApp.Cancellation);
        }
    }

    [GeneratedRegex("^(?::[^\n]*\n)?retry: (?<time>[0-9]+)\n$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex RetryAlone();
}
