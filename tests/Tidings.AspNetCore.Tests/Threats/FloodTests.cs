using System.Net;
using System.Net.Http.Headers;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>Requests that are large in number of parts, and answers that somebody on the way might keep.</summary>
public sealed class FloodTests
{
    private static readonly string Publisher = GuardedHub.Current(publish: ["*"]);

    [Theory]
    [InlineData("a=&", 349_000, HttpStatusCode.OK)]
    [InlineData("&", 1_000_000, HttpStatusCode.OK)]
    [InlineData("a=&", 1_000_000, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("topic=a&", 100_000, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("data=%&", 100_000, HttpStatusCode.OK)]
    [InlineData("private&", 100_000, HttpStatusCode.OK)]
    public async Task A_form_of_as_many_fields_as_fit_is_answered_like_any_other(string field, int count, HttpStatusCode expected)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, TestApp.HubPath);
        request.Content = new StringContent("topic=a&" + string.Concat(Enumerable.Repeat(field, count)), new MediaTypeHeaderValue("application/x-www-form-urlencoded"));
        GuardedHub.Authorize(request, Publisher);

        using HttpResponseMessage response = await app.Client.SendAsync(request, TestApp.Cancellation).WaitAsync(Hang.Limit, TimeProvider.System);

        Assert.Equal(expected, response.StatusCode);
    }

    // A stream of one client, or the refusal of another, in a cache on the way would be shown to a third.
    [Fact]
    public async Task No_answer_of_the_hub_may_be_kept()
    {
        await using TestApp app = await GuardedHub.StartAsync(options => options.Streams.MaxPerSubject = 1);
        string token = GuardedHub.Current(subscribe: ["*"]);
        await using TestStream stream = await app.SubscribeWithAsync(token, "match=*");
        await using TestStream nobody = await app.SubscribeWithAsync(null, "match=*", "earliest");
        await using TestStream sentAway = await app.SubscribeWithAsync(token, "match=*", headers: ("Accept", "text/event-stream"));
        await using TestStream refused = await app.SubscribeWithAsync(token, "match=*");
        HttpResponseMessage[] answers =
        [
            stream.Response, nobody.Response, sentAway.Response, refused.Response,
            await app.AskAsync(HttpMethod.Head, $"{TestApp.HubPath}?match=*"),
            await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?match="),
            await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?match=*", ("Authorization", "Bearer x")),
            await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?match=*", ("Authorization", "Bearer")),
            await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?match=*", ("Accept", "text/html")),
            await app.PublishWithAsync(null, ("topic", "a")),
            await app.PublishWithAsync(token, ("topic", "a")),
            await app.PublishWithAsync(Publisher, ("topic", "a")),
            await app.PublishWithAsync(Publisher, ("topic", "")),
        ];

        foreach (HttpResponseMessage answer in answers)
        {
            Assert.True(answer.Headers.CacheControl!.NoStore, $"{answer.StatusCode}");
        }

        foreach (HttpResponseMessage answer in answers[..3])
        {
            Assert.Equal(["Origin", "Cookie", "Authorization"], answer.Headers.Vary);
            Assert.True(answer.Headers.CacheControl!.Private);
            Assert.True(answer.Headers.CacheControl.NoTransform);
        }

        foreach (HttpResponseMessage answer in answers)
        {
            answer.Dispose();
        }
    }
}
