using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Hub;

/// <summary>What a publisher is told when its event was not stored, or not surely, and how it can try again.</summary>
public sealed class PublishAgainTests
{
    [Theory]
    [InlineData("8e03978e-40d5", "8e03978e-40d5")]
    [InlineData("\"8e03978e-40d5\"", "8e03978e-40d5")]
    public async Task With_the_same_idempotency_key_the_same_id_is_told_and_the_event_is_delivered_once(string first, string again)
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("news");

        string id = await TextAsync(await PublishAsync(app, "a", first));
        string same = await TextAsync(await PublishAsync(app, "a", again));
        await app.PublishAsync("news", "b");

        Assert.Equal(id, same);
        Assert.Equal(["a", "b"], (await stream.ReadEventsAsync(2)).Select(read => read.Data));
    }

    [Fact]
    public async Task The_same_key_for_another_event_is_answered_with_422_and_names_the_header()
    {
        await using TestApp app = await TestApp.StartAsync();
        await PublishAsync(app, "a", "key");

        using HttpResponseMessage response = await PublishAsync(app, "b", "key");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("\"field\":\"Idempotency-Key\"", await TextAsync(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("one", "two")]
    [InlineData("\"one\"", "\"two\"")]
    public async Task What_cannot_be_an_idempotency_key_is_refused(params string[] values)
    {
        await using TestApp app = await TestApp.StartAsync();

        using HttpResponseMessage response = await PublishAsync(app, "a", values);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(0, (await app.Services.GetRequiredService<IEventLog>().GetPositionAsync(TestApp.Cancellation)).Last);
    }

    [Fact]
    public async Task A_log_without_space_is_answered_with_507_and_works_again_when_there_is_space()
    {
        HookedLog log = new(new InMemoryEventLog());
        await using TestApp app = await TestApp.StartAsync(build: builder => builder.Services.AddSingleton<IEventLog>(log));
        app.MayFail = true;
        log.BeforeAppend = _ => throw new EventLogFullException("full");

        using HttpResponseMessage full = await app.PublishAsync(("topic", "news"), ("data", "a"));
        log.BeforeAppend = null;
        using HttpResponseMessage free = await app.PublishAsync(("topic", "news"), ("data", "a"));
        await app.Log.WaitForAsync("There is space", TestApp.Cancellation); // written when the publisher has been told

        Assert.Equal(HttpStatusCode.InsufficientStorage, full.StatusCode);
        Assert.NotNull(full.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, free.StatusCode);
        Assert.Single(app.Log.Lines, line => line.Text.Contains("There is no space", StringComparison.Ordinal));
        Assert.Single(app.Log.Lines, line => line.Text.Contains("There is space", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_log_that_does_not_answer_in_time_is_answered_with_503()
    {
        var gate = new Gate();
        HookedLog log = new(new InMemoryEventLog()) { BeforeAppend = _ => gate.PassAsync() };
        await using TestApp app = await TestApp.StartAsync(build: builder => builder.Services.AddSingleton<IEventLog>(log));
        int timers = app.Time.TimerCount;
        Task<HttpResponseMessage> publishing = app.PublishAsync(("topic", "news"), ("data", "a"));
        await gate.Reached;
        await SocketApp.WaitUntilAsync(() => app.Time.TimerCount > timers); // the log may be asked before the publisher waits for it

        app.Time.Advance(TimeSpan.FromSeconds(10));
        using HttpResponseMessage response = await publishing;
        gate.Open();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    private static Task<string> TextAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync(TestApp.Cancellation);

    private static Task<HttpResponseMessage> PublishAsync(TestApp app, string data, params string[] keys)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, TestApp.HubPath)
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("topic", "news"), KeyValuePair.Create("data", data)]),
        };
        Assert.True(request.Headers.TryAddWithoutValidation("Idempotency-Key", keys));
        return app.Client.SendAsync(request, TestApp.Cancellation);
    }
}
