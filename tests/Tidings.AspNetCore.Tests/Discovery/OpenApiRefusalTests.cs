using System.Net;
using System.Text.Json;
using Tidings.Testing;
using static Tidings.AspNetCore.Tests.Discovery.DescribedHub;

namespace Tidings.AspNetCore.Tests.Discovery;

/// <summary>Every way in which the hub refuses something is in its description.</summary>
public sealed class OpenApiRefusalTests
{
    [Theory]
    [InlineData("POST", "", "topic=a&retry=x", "application/x-www-form-urlencoded", 400)]
    [InlineData("POST", "", "{}", "application/json", 400)]
    [InlineData("POST", "?authorization=x", "topic=a", "application/x-www-form-urlencoded", 400)]
    [InlineData("POST", "", "topic=a", "text/plain", 415)]
    [InlineData("QUERY", "", "match=a", "text/plain", 415)]
    [InlineData("QUERY", "", "matchless=a", "application/x-www-form-urlencoded", 400)]
    [InlineData("GET", "", null, null, 400)]
    [InlineData("HEAD", "", null, null, 400)]
    public async Task What_is_refused_is_refused_as_it_is_described(string method, string query, string? body, string? type, int status)
    {
        await using TestApp app = await StartAsync();
        OpenApiText text = await OpenApiText.GetAsync(app);

        using HttpResponseMessage response = await SendAsync(app, method, HubPath + query, body is null ? null : Content(body, type!)); // both or none

        Assert.Equal(status, (int)response.StatusCode);
        text.AssertDescribes(method, HubPath, response);
    }

    [Fact]
    public async Task Every_failure_of_a_publish_has_its_status_and_its_name()
    {
        await using TestApp app = await StartAsync();
        OpenApiText text = await OpenApiText.GetAsync(app);
        PublishFailure[] failures = Enum.GetValues<PublishFailure>();

        foreach ((int status, int retryAfterSeconds, _) in failures.Select(PublishOutcome.Explain))
        {
            JsonElement response = text.Response("POST", HubPath, status);
            Assert.Equal(retryAfterSeconds > 0, response.GetProperty("headers").TryGetProperty("Retry-After", out _));
        }

        JsonElement names = text.Find("#/components/schemas/Outcome/oneOf")[1].GetProperty("properties").GetProperty("failure").GetProperty("enum");
        Assert.Equal(
            failures.Select(failure => JsonNamingPolicy.KebabCaseLower.ConvertName(failure.ToString())),
            names.EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public async Task Every_refusal_of_a_token_is_described_wherever_tokens_are_asked_for()
    {
        await using TestApp app = await StartAsync();
        OpenApiText text = await OpenApiText.GetAsync(app);
        TokenRefusal[] refusals =
        [
            TokenRefusal.Missing, TokenRefusal.Unconfigured, TokenRefusal.Invalid, TokenRefusal.Malformed, TokenRefusal.ForeignPage,
            TokenRefusal.Insufficient(Dialect.Current), TokenRefusal.Insufficient(Dialect.Legacy),
        ];
        string[][] secured = [.. text.Operations.Select(operation => operation.Split(' ')).Where(operation => text.Operation(operation[0], operation[1]).GetProperty("security").GetArrayLength() > 0)];

        Assert.Equal(12, secured.Length);
        foreach ((string[] operation, TokenRefusal refusal) in secured.SelectMany(operation => refusals.Select(refusal => (operation, refusal))))
        {
            JsonElement response = text.Response(operation[0], operation[1], refusal.Status);
            Assert.True(refusal.Challenge(publicUrl: null) is null || response.GetProperty("headers").TryGetProperty("WWW-Authenticate", out _));
        }
    }

    [Theory]
    [InlineData(1, 0, HttpStatusCode.ServiceUnavailable)]
    [InlineData(9, 1, HttpStatusCode.TooManyRequests)]
    public async Task A_stream_too_many_is_refused_as_it_is_described(int total, int perAddress, HttpStatusCode status)
    {
        await using TestApp app = await StartAsync(options =>
        {
            options.Streams.MaxTotal = total;
            options.Streams.MaxPerAddress = perAddress;
            options.Streams.RefuseSoftly = false;
        });
        OpenApiText text = await OpenApiText.GetAsync(app);
        await using TestStream stream = await app.SubscribeAsync("a");
        await stream.ReadUntilAsync(read => read.Length > 0);

        using HttpResponseMessage response = await SendAsync(app, "GET", $"{HubPath}?match=a", content: null);

        Assert.Equal(status, response.StatusCode);
        text.AssertDescribes("GET", HubPath, response);
    }
}
