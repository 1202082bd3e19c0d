using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tidings.Testing;

namespace Tidings.Server.Tests.Commands;

public sealed class PublishFailureTests
{
    [Fact]
    public async Task A_hub_without_authorization_refuses_with_exit_code_4()
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false);

        (ExitCode code, string error) = await PublishAsync(hub.Url);

        Assert.Equal(ExitCode.Auth, code);
        Assert.Equal("tidings: The hub refuses this (status 401): Publishing over HTTP needs authorization, and none is configured. For development on this machine, start the hub in dev mode.", error);
    }

    [Fact]
    public async Task What_the_hub_says_about_a_field_is_told()
    {
        await using TestHub hub = await TestHub.StartAsync();
        var terminal = new TestTerminal();

        ExitCode code = await terminal.RunAsync("publish", "--hub", $"{hub.Url}", "--topic", "*", "--data", "x");

        Assert.Equal(ExitCode.Failure, code);
        Assert.Equal("tidings: The hub refuses this (field \"topic\", status 400): A topic cannot be \"*\": as a matcher it stands for every topic.", terminal.Error.TrimEnd());
    }

    [Fact]
    public async Task Nobody_at_the_address_is_exit_code_3()
    {
        int port = Ports.Free(1)[0];

        (ExitCode code, string error) = await PublishAsync(new Uri($"http://127.0.0.1:{port}/hub"));

        Assert.Equal(ExitCode.Connection, code);
        Assert.StartsWith($"tidings: Cannot talk to the hub at http://127.0.0.1:{port}/hub: Connection refused", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public async Task A_hub_that_does_not_answer_in_time_is_exit_code_5()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var time = new FakeTimeProvider();
        var terminal = new TestTerminal { Time = time };
        Task<ExitCode> running = terminal.RunAsync("publish", "--hub", $"http://{listener.LocalEndpoint}/", "--topic", "t", "--data", "x", "--timeout", "5");
        using TcpClient connection = await listener.AcceptTcpClientAsync();

        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(running.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(ExitCode.Timeout, await running);
        Assert.Contains("did not answer within 5 s, so the event may be stored or not", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, "text/plain", "no", ExitCode.Auth, "does not let you publish (status 403)")]
    [InlineData(503, "application/problem+json", """{"detail":"The hub is\u001b[2J stopping."}""", ExitCode.Failure, "(status 503): The hub is [2J stopping.")]
    [InlineData(500, "text/html", "<html>", ExitCode.Failure, "did not take the event (status 500)")]
    [InlineData(200, "text/html", "<html>", ExitCode.Failure, "is not a hub")]
    [InlineData(200, "text/plain", "two\nlines", ExitCode.Failure, "is not a hub")]
    [InlineData(200, "text/plain", "", ExitCode.Failure, "is not a hub")]
    [InlineData(404, "text/plain", "", ExitCode.Failure, "/.well-known/mercure")]
    public async Task Other_answers_are_explained(int status, string contentType, string body, object expected, string explanation)
    {
        await using WebApplication server = await AnswerAsync(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = contentType;
            await context.Response.WriteAsync(body);
        });

        (ExitCode code, string error) = await PublishAsync(new Uri(server.Urls.Single()));

        Assert.Equal(expected, code);
        Assert.Contains(explanation, error, StringComparison.Ordinal);
        Assert.DoesNotContain(error, char.IsControl);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_but_told()
    {
        await using WebApplication server = await AnswerAsync(context =>
        {
            context.Response.Redirect("https://hub.example/");
            return Task.CompletedTask;
        });

        (ExitCode code, string error) = await PublishAsync(new Uri(server.Urls.Single()));

        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("has moved to https://hub.example/", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read_to_its_end()
    {
        await using WebApplication server = await AnswerAsync(async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[8192], context.RequestAborted);
            }
        });

        (ExitCode code, string error) = await PublishAsync(new Uri(server.Urls.Single()));

        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("is not a hub", error, StringComparison.Ordinal);
    }

    private static async Task<(ExitCode Code, string Error)> PublishAsync(Uri hub)
    {
        var terminal = new TestTerminal();
        ExitCode code = await terminal.RunAsync("publish", "--hub", $"{hub}", "--topic", "news", "--data", "x");
        Assert.Equal("", terminal.Output);
        return (code, terminal.Error.TrimEnd());
    }

    private static async Task<WebApplication> AnswerAsync(RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }
}
