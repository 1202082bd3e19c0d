using System.Net;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests;

/// <summary>
/// A hub outside dev mode that takes tokens of both dialects and an app's own users (the header <c>X-User</c>, with a right to everything below <c>app/NAME</c>). Whoever has no token
/// sees public events.
/// </summary>
internal static class GuardedHub
{
    private const string UserHeader = "X-User";

    public static Task<TestApp> StartAsync(
        Action<TidingsOptions>? options = null,
        Action<HubAuthorizationOptions>? authorization = null,
        Action<WebApplicationBuilder>? build = null,
        Action<WebApplication>? map = null) => TestApp.StartAsync(
            settings =>
            {
                settings.Dev = false;
                settings.PublicUrl = new Uri(Forge.Hub);
                options?.Invoke(settings);
            },
            map,
            builder =>
            {
                builder.Services.AddAuthentication("App").AddScheme<AuthenticationSchemeOptions, UserHandler>("App", configureOptions: null).AddTidingsTokens(settings =>
                {
                    Forge.Trust(settings);
                    settings.AllowAnonymous = true;
                    authorization?.Invoke(settings);
                });
                builder.Services.AddTidings().AddGrants(user => user.Identity is { AuthenticationType: "App", Name: { } name }
                    ? [new TopicGrant(TopicActions.Publish | TopicActions.Subscribe, [TopicMatcher.Exact($"app/{name}")])]
                    : []);
                build?.Invoke(builder);
            });

    /// <summary>A token of protocol 1.0; a topic that begins with <c>/</c> or a scheme and holds a colon-name or a star is a URL pattern.</summary>
    public static string Current(string[]? publish = null, string[]? subscribe = null, double seconds = 600, string? subject = "alice", string? id = null, string issuer = Forge.Issuer)
    {
        List<string> details = [];
        if (publish is not null)
        {
            details.Add(Detail("publish", publish));
        }

        if (subscribe is not null)
        {
            details.Add(Detail("subscribe", subscribe));
        }

        string claims = Forge.Claims(
            ("iss", $"\"{issuer}\""),
            ("exp", $"{Forge.Seconds(seconds)}"),
            ("sub", subject is null ? null : $"\"{subject}\""),
            ("jti", id is null ? null : $"\"{id}\""),
            ("authorization_details", $"[{string.Join(',', details)}]"));
        return issuer == Forge.Issuer ? Forge.Rs256(Forge.GoodHeader, claims) : Forge.Hs256("""{"alg":"HS256","typ":"at+jwt"}""", claims, Forge.OtherSecret);
    }

    /// <summary>A token of protocol 0.x of the publishers' key.</summary>
    public static string LegacyPublisher(params string[] topics) => Legacy(Forge.PublisherSecret, "publish", topics, seconds: null);

    /// <summary>A token of protocol 0.x of the subscribers' key.</summary>
    public static string LegacySubscriber(params string[] topics) => Legacy(Forge.SubscriberSecret, "subscribe", topics, seconds: null);

    /// <summary>The same with an end.</summary>
    public static string LegacySubscriber(double seconds, params string[] topics) => Legacy(Forge.SubscriberSecret, "subscribe", topics, seconds);

    public static async Task<HttpResponseMessage> PublishWithAsync(this TestApp app, string? token, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, TestApp.HubPath);
        request.Content = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        Authorize(request, token);
        return await app.Client.SendAsync(request, TestApp.Cancellation);
    }

    /// <summary>Publishes what is accepted, and returns the event's id.</summary>
    public static async Task<string> AcceptAsync(this TestApp app, string? token, params (string Name, string Value)[] fields)
    {
        using HttpResponseMessage response = await app.PublishWithAsync(token, fields);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(TestApp.Cancellation);
    }

    /// <summary>Subscribes with a token, or as a user of the app (<c>user:NAME</c>), or as nobody (null).</summary>
    public static async Task<TestStream> SubscribeWithAsync(
        this TestApp app, string? token, string query, string? lastEventId = null, bool http2 = false, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{TestApp.HubPath}?{query}");
        Authorize(request, token);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        return await TestStream.OpenAsync(app.NewClient(http2), request);
    }

    public static void Authorize(HttpRequestMessage request, string? token)
    {
        if (token?.StartsWith("user:", StringComparison.Ordinal) is true)
        {
            request.Headers.TryAddWithoutValidation(UserHeader, token["user:".Length..]);
        }
        else if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }
    }

    /// <summary>
    /// Sends bytes as they are and returns everything that comes until the server hangs up, or the head and the first bytes of a stream; for requests that a client would not send, with
    /// <c>Connection: close</c>.
    /// </summary>
    public static async Task<string> SendRawAsync(this TestApp app, string head, byte[]? body = null)
    {
        await using Stream connection = app.Transport.Connect(TestApp.Http1Port);
        await connection.WriteAsync(Encoding.Latin1.GetBytes(head.ReplaceLineEndings("\r\n")), TestApp.Cancellation);
        if (body is not null)
        {
            await connection.WriteAsync(body, TestApp.Cancellation);
        }

        await connection.FlushAsync(TestApp.Cancellation);
        var received = new StringBuilder();
        byte[] buffer = new byte[16 * 1024];
        while (received.ToString() is var text && !(text.Contains("\r\n\r\n", StringComparison.Ordinal) && text.Contains("text/event-stream\r\n", StringComparison.OrdinalIgnoreCase)))
        {
            int read = await connection.ReadAsync(buffer, TestApp.Cancellation).AsTask().WaitAsync(Hang.Limit, TimeProvider.System);
            if (read == 0)
            {
                break;
            }

            received.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return received.ToString();
    }

    private static string Detail(string action, string[] topics) =>
        $$"""{"type":"https://mercure.rocks/authorization-detail","actions":["{{action}}"],"topics":[{{string.Join(',', topics.Select(TopicJson))}}]}""";

    private static string TopicJson(string topic) =>
        topic != "*" && (topic.Contains("/:", StringComparison.Ordinal) || topic.Contains('*', StringComparison.Ordinal))
            ? $$"""{"match":"{{topic}}","match_type":"urlpattern"}"""
            : $$"""{"match":"{{topic}}"}""";

    private static string Legacy(string secret, string action, string[] topics, double? seconds) => Forge.Legacy(
        secret,
        ("mercure", $$"""{"{{action}}":[{{string.Join(',', topics.Select(topic => $"\"{topic}\""))}}]}"""),
        ("exp", seconds is { } end ? $"{Forge.Seconds(end)}" : null));

    private sealed class UserHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
            Request.Headers[UserHeader] is [{ } name]
                ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "App")), "App"))
                : AuthenticateResult.NoResult());
    }
}
