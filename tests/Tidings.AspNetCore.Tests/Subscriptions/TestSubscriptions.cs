using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Tidings.AspNetCore.Tests.Subscriptions;

/// <summary>A hub that tells its active subscriptions, with callers who are named by a header and see what the test says.</summary>
internal sealed class TestSubscriptions : ISubscriptionsAccess, IAsyncDisposable
{
    public const string Path = TestApp.HubPath + "/subscriptions";
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(250);

    private TestApp? _app;

    public TestApp App => _app!; // set by the start

    public ActiveSubscriptions Registry => App.Services.GetRequiredService<ActiveSubscriptions>();

    public IEventLog Log => App.Services.GetRequiredService<IEventLog>();

    public bool SpeaksLegacy { get; init; } = true;

    /// <summary>Who listens to this node.</summary>
    public List<Listener> Listeners { get; } = [];

    /// <summary>Which topics a caller may receive. Default: all.</summary>
    public Func<string, Topic, bool> MayReceive { get; set; } = static (_, _) => true;

    public Func<string, JsonElement?> PayloadFor { get; set; } = static _ => null;

    public static async Task<TestSubscriptions> StartAsync(TestSubscriptions? test = null, Action<SubscriptionsOptions>? options = null, IEventLog? log = null, INodeEntries? entries = null)
    {
        test ??= new TestSubscriptions();
        test._app = await TestApp.StartAsync(
            settings =>
            {
                settings.Subscriptions.Enabled = true;
                options?.Invoke(settings.Subscriptions);
            },
            build: builder =>
            {
                builder.Services.AddSingleton<ISubscriptionsAccess>(test);
                if (log is not null)
                {
                    builder.Services.AddSingleton(log);
                }

                if (entries is not null)
                {
                    builder.Services.AddSingleton(entries);
                }
            });
        return test;
    }

    public SubscriptionsCaller CallerOf(HttpContext context, HubGrants grants) => Caller(context.Request.Headers["X-Caller"].ToString());

    public Task RefuseAsync(HttpContext context, SubscriptionsCaller caller) =>
        new HubProblem(StatusCodes.Status403Forbidden, Field: null, "Not granted.").WriteAsync(context);

    public SubscriptionsCaller Caller(string name = "somebody") => new()
    {
        Key = name,
        IsAnonymous = name.Length == 0,
        MayReceive = topic => MayReceive(name, topic),
        PayloadFor = matcher => PayloadFor(matcher),
    };

    /// <summary>A stream of the registry alone, for tests that need many.</summary>
    public IDisposable Begin(params string[] matches) => Registry.Begin(TestApp.HubPath, Caller(), [.. matches.Select(match => new SubscribedMatcher("exact", match))]);

    /// <summary>Lets time pass until everything that has changed is told.</summary>
    public async Task SettleAsync()
    {
        long last;
        do
        {
            last = await LastAsync();
            for (int i = 0; i < 3 || !Registry.IsAllTold; i++)
            {
                await PassAsync();
            }
        }
        while (await LastAsync() != last);
    }

    /// <summary>Lets one window pass, and others have their turn.</summary>
    public async Task PassAsync()
    {
        await YieldAsync();
        App.Time.Advance(Window);
        await YieldAsync();
    }

    public async Task<long> LastAsync() => (await Log.GetPositionAsync(TestApp.Cancellation)).Last;

    public ValueTask<Subscriber> ListenAsync(StartAt startAt = default, string matcher = "*") => App.Broker.SubscribeAsync(
        new SubscribeOptions(matcher == "*" ? TopicMatcher.All : TopicMatcher.Exact(matcher)) { StartAt = startAt, Visibility = EventVisibility.IncludingPrivate },
        TestApp.Cancellation);

    public async Task<HttpResponseMessage> GetAsync(string path, string caller = "reader", string? accept = null, string? ifNoneMatch = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.TryAddWithoutValidation("X-Caller", caller);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (ifNoneMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        }

        return await App.Client.SendAsync(request, TestApp.Cancellation);
    }

    public async Task<JsonElement> GetJsonAsync(string path, string caller = "reader", string? accept = null)
    {
        using HttpResponseMessage response = await GetAsync(path, caller, accept);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode} {path}");
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestApp.Cancellation));
    }

    public static string LastEventId(HttpResponseMessage response)
    {
        string link = response.Headers.GetValues("Link").First();
        int start = link.IndexOf("last-event-id=\"", StringComparison.Ordinal) + "last-event-id=\"".Length;
        return link[start..link.IndexOf('"', start)];
    }

    public static string? Next(HttpResponseMessage response) =>
        response.Headers.GetValues("Link").FirstOrDefault(link => link.EndsWith("rel=\"next\"", StringComparison.Ordinal)) is { } next
            ? next[(next.IndexOf('<', StringComparison.Ordinal) + 1)..next.IndexOf('>', StringComparison.Ordinal)]
            : null;

    public ValueTask DisposeAsync() => App.DisposeAsync();

    private static async Task YieldAsync()
    {
        for (int i = 0; i < 20; i++)
        {
            await Task.Yield();
        }
    }
}
