using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tidings.Testing;

namespace Tidings.Browser.Tests.Hub;

/// <summary>
/// A hub that takes tokens of both protocols, with an app beside it that gives cookies to pages, and two sites of other origins: one that may use the hub, and one that may not. All are
/// at <c>localhost</c>, on ports of their own, so that they share cookies as hosts below one domain may.
/// </summary>
internal sealed class GuardedHub : IAsyncDisposable
{
    public const string CurrentCookie = "__Secure-mercure_access_token";
    public const string LegacyCookie = "mercureAuthorization";

    private const string Secret = "kX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU";
    private const string Issuer = "https://id.example";
    private const string Audience = "https://hub.example/.well-known/mercure";

    private readonly WebApplication _hub;
    private readonly WebApplication _friend;
    private readonly WebApplication _foreigner;

    private GuardedHub(WebApplication hub, WebApplication friend, WebApplication foreigner, FakeTimeProvider time)
    {
        _hub = hub;
        _friend = friend;
        _foreigner = foreigner;
        Time = time;
    }

    /// <summary>The clock of the hub.</summary>
    public FakeTimeProvider Time { get; }

    public Broker Broker => _hub.Services.GetRequiredService<Broker>();

    /// <summary>The methods of all requests to the hub, in order.</summary>
    public ConcurrentQueue<string> Methods { get; } = new();

    public string Url => $"{Local(_hub)}/.well-known/mercure";

    /// <summary>A page of the hub's own origin.</summary>
    public string OwnPage => $"{Local(_hub)}/page";

    /// <summary>A page of an origin that is let in.</summary>
    public string FriendlyPage => $"{Local(_friend)}/page";

    /// <summary>A page of an origin that is not.</summary>
    public string ForeignPage => $"{Local(_foreigner)}/page";

    public static async Task<GuardedHub> StartAsync(Action<TidingsOptions>? configure = null)
    {
        WebApplication friend = await StartSiteAsync();
        WebApplication foreigner = await StartSiteAsync();
        var time = new FakeTimeProvider();
        WebApplicationBuilder builder = NewBuilder();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddTidings(options =>
        {
            options.DrainWindow = TimeSpan.Zero;
            configure?.Invoke(options);
        });
        builder.Services.AddAuthentication().AddTidingsTokens(options =>
        {
            options.AllowAnonymous = true;
            options.CorsOrigins.Add(Local(friend));
            options.Legacy.Publisher = options.Legacy.Subscriber = new TokenKeyOptions { Key = Secret };
            options.Issuers.Add(new IssuerOptions { Identifier = Issuer, Audience = Audience, Keys = new TokenKeyOptions { Key = Secret + Secret } });
        });
        builder.Services.AddCors();
        WebApplication app = builder.Build();
        var hub = new GuardedHub(app, friend, foreigner, time);
        app.UseRouting();
        app.Use((context, next) =>
        {
            hub.Methods.Enqueue(context.Request.Method);
            return next(context);
        });
        app.UseCors();
        app.MapTidings().RequireCors(policy => policy.WithTidingsHub(Local(friend)));
        app.MapTidingsScript();
        app.MapGet("/page", Page);
        app.MapGet("/login", hub.LogIn);
        await app.StartAsync();
        return hub;
    }

    /// <summary>Where a page gets the cookie: protocol 1.0 or 0.x by its name.</summary>
    public string Login(string cookie, string topic, TimeSpan? life = null) =>
        $"{Local(_hub)}/login?cookie={cookie}&topic={Uri.EscapeDataString(topic)}&seconds={(int)(life ?? TimeSpan.FromHours(1)).TotalSeconds}";

    /// <summary>A token of protocol 1.0 for the header.</summary>
    public string Token(string action, string topic) => TestTokens.Current(Secret + Secret, Issuer, Audience, Time.GetUtcNow().AddHours(1), action, topic);

    public Task<SseId> PublishPrivateAsync(string topic, string data) =>
        Broker.PublishAsync([Topic.Of(topic)], new ServerEvent(data), EventAudience.Granted).AsTask();

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _friend.DisposeAsync();
        await _foreigner.DisposeAsync();
    }

    // As the protocol advises (Mercure, "Authorization"): out of reach of scripts and of other sites, and sent to the hub alone.
    private ContentHttpResult LogIn(HttpContext context, string cookie, string topic, int seconds)
    {
        DateTimeOffset expires = Time.GetUtcNow().AddSeconds(seconds);
        string token = cookie == LegacyCookie
            ? TestTokens.Legacy(Secret, $$"""{"subscribe":["{{topic}}"]}""", expires)
            : TestTokens.Current(Secret + Secret, Issuer, Audience, expires, "subscribe", topic);
        context.Response.Cookies.Append(
            cookie, token, new CookieOptions { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = "/.well-known/mercure" });
        return Page();
    }

    private static ContentHttpResult Page() => TypedResults.Content("<!doctype html><title>A page of the test</title>", "text/html");

    private static async Task<WebApplication> StartSiteAsync()
    {
        WebApplication site = NewBuilder().Build();
        site.MapGet("/page", Page);
        await site.StartAsync();
        return site;
    }

    private static WebApplicationBuilder NewBuilder()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        return builder;
    }

    private static string Local(WebApplication app) => $"http://localhost:{new Uri(app.Urls.Single()).Port}";
}
