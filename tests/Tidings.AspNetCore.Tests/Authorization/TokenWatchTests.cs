using System.Security.Claims;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Authorization;

/// <summary>Streams are told when their key goes.</summary>
public sealed class TokenWatchTests
{
    private const string NewSecret = "vN4mQ7xR2yT9wZ6kB3cL8hJ5gF1dS0aP";

    [Fact]
    public async Task When_a_key_is_removed_its_streams_end_and_others_go_on()
    {
        await using TestApp app = await StartAsync();
        TokenWatch watch = app.Services.GetRequiredService<TokenWatch>();
        using WatchedToken subscriber = Watch(watch, await GrantsAsync(app, Forge.Legacy(Forge.SubscriberSecret)));
        using WatchedToken publisher = Watch(watch, await GrantsAsync(app, Forge.Legacy(Forge.PublisherSecret)));

        Set(app, "Tidings:Legacy:Subscriber:Key", NewSecret);

        await EndAsync(subscriber);
        Assert.False(publisher.Ended.IsCancellationRequested);
        (ValidToken? token, TokenDefect? defect) = await ValidateAsync(app, Forge.Legacy(Forge.SubscriberSecret));
        Assert.Equal((null, TokenDefect.BadSignature), (token, defect));
        Assert.NotNull((await ValidateAsync(app, Forge.Legacy(NewSecret))).Token);
    }

    [Fact]
    public async Task A_change_of_other_settings_ends_nothing()
    {
        await using TestApp app = await StartAsync();
        TokenWatch watch = app.Services.GetRequiredService<TokenWatch>();
        using WatchedToken subscriber = Watch(watch, await GrantsAsync(app, Forge.Legacy(Forge.SubscriberSecret)));

        Set(app, "Tidings:PublishOrigins:0", "https://shop.example");
        Set(app, "Tidings:Legacy:Publisher:Key", NewSecret);

        Assert.False(subscriber.Ended.IsCancellationRequested);
        Assert.Equal(1, watch.Count);
    }

    [Fact]
    public async Task A_stream_that_comes_when_its_key_has_just_gone_ends_at_once()
    {
        await using TestApp app = await StartAsync();
        HubGrants grants = await GrantsAsync(app, Forge.Legacy(Forge.SubscriberSecret));

        Set(app, "Tidings:Legacy:Subscriber:Key", NewSecret);
        using WatchedToken subscriber = Watch(app.Services.GetRequiredService<TokenWatch>(), grants);

        await EndAsync(subscriber);
    }

    [Fact]
    public async Task Wrong_new_settings_change_nothing_and_are_logged()
    {
        await using TestApp app = await StartAsync();
        app.MayFail = true;
        using WatchedToken subscriber = Watch(app.Services.GetRequiredService<TokenWatch>(), await GrantsAsync(app, Forge.Legacy(Forge.SubscriberSecret)));

        Set(app, "Tidings:Legacy:Subscriber:Key", "!ChangeMe!");

        await app.Log.WaitForAsync("The changed settings are not used", TestApp.Cancellation);
        Assert.False(subscriber.Ended.IsCancellationRequested);
        Assert.NotNull((await ValidateAsync(app, Forge.Legacy(Forge.SubscriberSecret))).Token);
    }

    [Fact]
    public async Task When_an_issuer_withdraws_a_key_its_streams_end()
    {
        await using ScriptedServer issuer = ScriptedServer.Start();
        Task<ScriptedRequest> first = issuer.AnswerAsync(Answer(Forge.RsaJwk(), Forge.EcJwk()));
        await using TestApp app = await StartAsync(
            isDev: true, ("Tidings:PublicUrl", Forge.Hub), ("Tidings:Issuers:0:Identifier", Forge.Issuer), ("Tidings:Issuers:0:Keys:JwksUrl", issuer.Url.AbsoluteUri));
        await first;
        TokenWatch watch = app.Services.GetRequiredService<TokenWatch>();
        using WatchedToken rsa = Watch(watch, await GrantsAsync(app, Forge.Good()));
        using WatchedToken ec = Watch(watch, await GrantsAsync(app, Forge.Es256("""{"alg":"ES256","typ":"at+jwt","kid":"ec"}""", Forge.Claims())));

        await SocketApp.WaitUntilAsync(() => app.Time.TimerCount == 2); // that of the streams, and that until the keys are fetched again
        app.Time.Advance(TimeSpan.FromMinutes(10));
        await issuer.AnswerAsync(Answer(Forge.EcJwk()));

        await EndAsync(rsa);
        Assert.False(ec.Ended.IsCancellationRequested);
    }

    [Fact]
    public async Task A_token_with_a_new_key_of_its_issuer_is_taken_after_one_look()
    {
        await using ScriptedServer issuer = ScriptedServer.Start();
        Task<ScriptedRequest> first = issuer.AnswerAsync(Answer(Forge.EcJwk()));
        await using TestApp app = await StartAsync(
            isDev: true, ("Tidings:PublicUrl", Forge.Hub), ("Tidings:Issuers:0:Identifier", Forge.Issuer), ("Tidings:Issuers:0:Keys:JwksUrl", issuer.Url.AbsoluteUri));
        await first;
        Assert.Null((await ValidateAsync(app, Forge.Good())).Token); // within the shortest interval nothing is asked
        Assert.False(issuer.HasPendingConnection);

        app.Time.Advance(TimeSpan.FromMinutes(1));
        Task<ScriptedRequest> second = issuer.AnswerAsync(Answer(Forge.EcJwk(), Forge.RsaJwk()));
        Assert.NotNull((await ValidateAsync(app, Forge.Good())).Token);
        await second;
    }

    [Fact]
    public async Task A_hub_starts_although_an_issuer_cannot_be_reached()
    {
        await using TestApp app = await StartAsync(
            isDev: true, ("Tidings:PublicUrl", Forge.Hub), ("Tidings:Issuers:0:Identifier", Forge.Issuer), ("Tidings:Issuers:0:Keys:JwksUrl", "http://127.0.0.1:1/"));
        Assert.Equal(TokenDefect.BadSignature, (await ValidateAsync(app, Forge.Good())).Defect);
        await app.Log.WaitForAsync("cannot be read", TestApp.Cancellation);
    }

    [Fact]
    public async Task What_is_disposed_is_watched_no_longer_and_rights_of_an_app_never_are()
    {
        await using TestApp app = await StartAsync();
        TokenWatch watch = app.Services.GetRequiredService<TokenWatch>();
        using WatchedToken? own = watch.Watch(new HubGrants([]) { Expires = Forge.Now });
        WatchedToken subscriber = Watch(watch, await GrantsAsync(app, Forge.Legacy(Forge.SubscriberSecret)));
        Assert.Equal(1, watch.Count);

        subscriber.Dispose();

        Assert.Equal(0, watch.Count);
        Assert.Null(own);
    }

    private static WatchedToken Watch(TokenWatch watch, HubGrants grants) => watch.Watch(grants)!; // not null: they come from a token

    private static string Answer(params string[] keys)
    {
        string set = $$"""{"keys":[{{string.Join(',', keys)}}]}""";
        return $"HTTP/1.1 200 OK\r\nContent-Length: {set.Length}\r\n\r\n{set}";
    }

    private static Task<TestApp> StartAsync(bool isDev = false, params (string Name, string Value)[] settings) => TestApp.StartAsync(
        options => options.Dev = isDev,
        map: null,
        builder =>
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Tidings:Legacy:Publisher:Key"] = Forge.PublisherSecret,
                ["Tidings:Legacy:Subscriber:Key"] = Forge.SubscriberSecret,
            });
            builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Name, setting.Value)));
            builder.Services.AddAuthentication().AddTidingsTokens();
        });

    private static void Set(TestApp app, string name, string value)
    {
        var configuration = (IConfigurationRoot)app.Services.GetRequiredService<IConfiguration>();
        configuration[name] = value;
        configuration.Reload();
    }

    private static ValueTask<(ValidToken? Token, TokenDefect? Defect)> ValidateAsync(TestApp app, string token) =>
        app.Services.GetRequiredService<TokenValidator>().ValidateAsync(token, TokenPlace.Header, TestApp.Cancellation);

    private static async Task<HubGrants> GrantsAsync(TestApp app, string token)
    {
        (ValidToken? valid, TokenDefect? defect) = await ValidateAsync(app, token);
        Assert.Null(defect);
        Assert.True(app.Services.GetRequiredService<GrantReader>().TryRead(new ClaimsPrincipal(valid!.ToIdentity("test")), out HubGrants? grants));
        return grants;
    }

    private static async Task EndAsync(WatchedToken token)
    {
        var ended = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = token.Ended.Register(ended.SetResult);
        await ended.Task.WaitAsync(Hang.Limit);
    }
}
