using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

/// <summary>How many patterns one client may use of those that all may use.</summary>
public sealed class PatternSharesTests
{
    private const string Books = "match_urlpattern=/books/:id";
    private const string Films = "match_urlpattern=/films/:id";
    private const string BooksAndFilms = $"{Books}&{Films}";

    [Fact]
    public async Task A_client_that_uses_its_share_of_the_patterns_is_refused_and_nobody_else()
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxPatternsPerClient = 2);
        await using TestStream alice = await app.SubscribeWithAsync(GuardedHub.Current(id: "1"), BooksAndFilms);
        await using TestStream more = await app.SubscribeWithAsync(GuardedHub.Current(id: "2"), "match_urlpattern=/games/:id");
        await using TestStream same = await app.SubscribeWithAsync(GuardedHub.Current(id: "2"), BooksAndFilms);
        await using TestStream exact = await app.SubscribeWithAsync(GuardedHub.Current(id: "2"), "match=/games/1&match=/games/2&match=*");
        await using TestStream bob = await app.SubscribeWithAsync(GuardedHub.Current(subject: "bob"), "match_urlpattern=/games/:id");
        await using TestStream nobody = await app.SubscribeWithAsync(null, "match_urlpattern=/games/:id");

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], StatusesOf(alice, more, same, exact, bob, nobody));
    }

    [Fact]
    public async Task Without_a_subject_a_client_is_its_token_and_without_that_its_address()
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxPatternsPerClient = 1);
        await using TestStream token = await app.SubscribeWithAsync(GuardedHub.Current(subject: null, id: "1"), Books);
        await using TestStream again = await app.SubscribeWithAsync(GuardedHub.Current(subject: null, id: "1"), Films);
        await using TestStream other = await app.SubscribeWithAsync(GuardedHub.Current(subject: null, id: "2"), Films);
        await using TestStream nobody = await app.SubscribeWithAsync(null, Books);
        await using TestStream nobodyAgain = await app.SubscribeWithAsync(GuardedHub.LegacySubscriber("*"), Films);
        app.Transport.ClientAddress = IPAddress.Parse("192.0.2.8");
        await using TestStream elsewhere = await app.SubscribeWithAsync(null, Films);

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK],
            StatusesOf(token, again, other, nobody, nobodyAgain, elsewhere));
    }

    [Fact]
    public async Task A_share_is_free_when_the_stream_has_ended_or_was_not_opened_and_a_browser_is_told_when_to_come_back()
    {
        await using TestApp app = await GuardedHub.StartAsync(options =>
        {
            options.Streams.MaxPatternsPerClient = 1;
            options.Broker.MaxPatterns = 2;
        });
        await using (TestStream first = await app.SubscribeWithAsync(null, Books))
        {
            await using TestStream browser = await app.SubscribeWithAsync(null, Films, headers: ("Accept", "text/event-stream"));
            await browser.ReadToEndAsync();
            Assert.Equal(HttpStatusCode.OK, browser.Response.StatusCode);
            Assert.Contains("retry: ", browser.Text, StringComparison.Ordinal);
            await using TestStream alice = await app.SubscribeWithAsync(GuardedHub.Current(), Films);
            await using TestStream bob = await app.SubscribeWithAsync(GuardedHub.Current(subject: "bob"), "match_urlpattern=/games/:id");
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.TooManyRequests], StatusesOf(alice, bob)); // bob: there are too many in total
        }

        PatternShares shares = app.Services.GetRequiredService<PatternShares>();
        while (shares.Clients > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestApp.Cancellation);
        }

        await using TestStream second = await app.SubscribeWithAsync(null, Films);
        Assert.Equal(HttpStatusCode.OK, second.Response.StatusCode);
    }

    [Fact]
    public async Task Where_that_is_switched_off_a_client_uses_as_many_as_there_may_be()
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxPatternsPerClient = 0);
        await using TestStream stream = await app.SubscribeWithAsync(null, BooksAndFilms);

        Assert.Equal((HttpStatusCode.OK, 0), (stream.Response.StatusCode, app.Services.GetRequiredService<PatternShares>().Clients));
    }

    private static HttpStatusCode[] StatusesOf(params TestStream[] streams) => [.. streams.Select(stream => stream.Response.StatusCode)];
}
