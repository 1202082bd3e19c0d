using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>Bodies that do not come as the head of the request says. That the hub logs no error for them, which anybody could make it do without end, is what every test of an app asserts.</summary>
public sealed class BrokenBodyTests
{
    [Theory]
    [InlineData("POST", "application/x-www-form-urlencoded", "14;\nx")]
    [InlineData("POST", "application/json", "14;\nx")]
    [InlineData("QUERY", "application/x-www-form-urlencoded", "14;\nx")]
    [InlineData("POST", "application/x-www-form-urlencoded", "10000000000000014\r\nx")]
    public async Task Bytes_that_are_no_chunks_are_answered_with_400_and_the_end_of_the_connection(string method, string type, string body)
    {
        await using TestApp app = await TestApp.StartAsync();
        await using Stream connection = app.Transport.Connect(TestApp.Http1Port);
        await connection.WriteAsync(
            Encoding.ASCII.GetBytes($"{method} {TestApp.HubPath} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nTransfer-Encoding: chunked\r\n\r\n{body}"), TestApp.Cancellation);

        using var reader = new StreamReader(connection);
        string answer = await reader.ReadToEndAsync(TestApp.Cancellation).WaitAsync(Hang.Limit, TimeProvider.System);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("The body did not come as its head says.", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_publisher_that_leaves_in_the_middle_of_its_body_publishes_nothing()
    {
        var handled = new TaskCompletionSource();
        await using TestApp app = await TestApp.StartAsync(map: web =>
        {
            web.Use(async (context, next) =>
            {
                try
                {
                    await next(context);
                }
                finally
                {
                    if (HttpMethods.IsPost(context.Request.Method))
                    {
                        handled.TrySetResult();
                    }
                }
            });
            web.MapTidings();
        });
        await using TestStream stream = await app.SubscribeAsync("news");
        await using (Stream connection = app.Transport.Connect(TestApp.Http1Port))
        {
            await connection.WriteAsync(
                Encoding.ASCII.GetBytes($"POST {TestApp.HubPath} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntopic=news&data=half"),
                TestApp.Cancellation);
        }

        await handled.Task.WaitAsync(Hang.Limit, TimeProvider.System);
        await app.PublishAsync("news", "whole");

        Assert.Equal("whole", Assert.Single(await stream.ReadEventsAsync(1)).Data);
    }
}
