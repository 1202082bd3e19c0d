using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Tidings.AspNetCore.Tests.Authorization;

/// <summary>What the configuration binds to, and what stops the start.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task Everything_can_be_set_by_configuration()
    {
        await using TestApp app = await StartAsync(
            isDev: false,
            ("Tidings:PublicUrl", Forge.Hub),
            ("Tidings:AllowAnonymous", "true"),
            ("Tidings:Issuers:0:Identifier", Forge.Issuer),
            ("Tidings:Issuers:0:Audience", "hub"),
            ("Tidings:Issuers:0:AuthorizationServers:0", "https://login.example"),
            ("Tidings:Issuers:0:Publisher:Jwks", Forge.RsaJwk()),
            ("Tidings:Issuers:0:Subscriber:Key", Forge.Ec.ExportSubjectPublicKeyInfoPem()),
            ("Tidings:Legacy:Publisher:Key", new string([.. Forge.PublisherSecret, .. Forge.OtherSecret])),
            ("Tidings:Legacy:Publisher:Algorithms:0", "HS256"),
            ("Tidings:Legacy:Publisher:Algorithms:1", "HS512"),
            ("Tidings:Legacy:CookieName", "old"),
            ("Tidings:Legacy:AllowQueryToken", "true"),
            ("Tidings:CookieName", "new"),
            ("Tidings:PublishOrigins:0", "https://shop.example"),
            ("Tidings:CorsOrigins:0", "https://reader.example"),
            ("Tidings:JwksRefreshInterval", "00:00:30"));
        HubAuthorizationOptions options = app.Services.GetRequiredService<IOptions<HubAuthorizationOptions>>().Value;
        HubKeys keys = app.Services.GetRequiredService<TokenKeys>().Current;

        Assert.Equal(("new", "old", true, true), (options.CookieName, options.Legacy.CookieName, options.Legacy.AllowQueryToken, options.AllowAnonymous));
        Assert.Equal("https://login.example/", options.Issuers[0].AuthorizationServers[0].AbsoluteUri);
        Assert.Equal(("https://shop.example", "https://reader.example", TimeSpan.FromSeconds(30)), (options.PublishOrigins[0], options.CorsOrigins[0], options.JwksRefreshInterval));
        Assert.Equal("hub", keys.Issuers[Forge.Issuer].Audience);
        Assert.Equal(["HS256", "HS512"], keys.Legacy!.Publisher!.Current.Keys[0].Algorithms.Select(algorithm => algorithm.Name));
        Assert.Null(keys.Legacy.Subscriber);
        Assert.Equal(3, keys.Trusts().Count());
    }

    [Theory]
    [InlineData("Tidings:Legacy:Publisher is a secret from public examples", "Tidings:Legacy:Publisher:Key", "!ChangeThisMercureHubJWTSecretKey!")]
    [InlineData("Tidings:Legacy:Subscriber is a secret of 5 bytes", "Tidings:Legacy:Subscriber:Key", "Az09!")]
    [InlineData("Tidings:Legacy:Publisher names no key", "Tidings:Legacy:Publisher:Algorithms:0", "HS256")]
    [InlineData("Tidings:Legacy:Publisher names keys in Key and in KeyFile", "Tidings:Legacy:Publisher:Key", "x", "Tidings:Legacy:Publisher:KeyFile", "y")]
    [InlineData("Tidings:Legacy:Publisher names /nowhere/key", "Tidings:Legacy:Publisher:KeyFile", "/nowhere/key")]
    [InlineData("it must begin with https://", "Tidings:Legacy:Publisher:JwksUrl", "http://issuer.example/keys")]
    [InlineData("it must begin with https://", "Tidings:Legacy:Publisher:JwksUrl", "file:///etc/passwd")]
    [InlineData("a published secret is none", "Tidings:Legacy:Publisher:JwksUrl", "https://127.0.0.1:1/", "Tidings:Legacy:Publisher:Algorithms:0", "HS256")]
    [InlineData("Tidings:Issuers:0:Identifier is missing", "Tidings:Issuers:0:Keys:Key", Forge.OtherSecret)]
    [InlineData("Tidings:Issuers:0:Audience is missing", "Tidings:Issuers:0:Identifier", "x", "Tidings:Issuers:0:Keys:Key", Forge.OtherSecret)]
    [InlineData("Tidings:Issuers:0 needs either Keys", "Tidings:Issuers:0:Identifier", "x", "Tidings:PublicUrl", Forge.Hub)]
    [InlineData("Tidings:PublicUrl is /hub", "Tidings:PublicUrl", "/hub")]
    [InlineData("Tidings:PublishOrigins:0 is \"*\"", "Tidings:PublishOrigins:0", "*")]
    [InlineData("Tidings:CorsOrigins:0 is \"null\"", "Tidings:CorsOrigins:0", "null")]
    [InlineData("Tidings:CorsOrigins:0 is \"https://*.example.com/\"", "Tidings:CorsOrigins:0", "https://*.example.com/")]
    [InlineData("Tidings:CookieName is \"a b\"", "Tidings:CookieName", "a b")]
    [InlineData("Tidings:JwksRefreshInterval is 00:00:01", "Tidings:JwksRefreshInterval", "00:00:01")]
    public async Task A_wrong_setting_stops_the_start_with_a_sentence(string sentence, params string[] settings)
    {
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using TestApp app = await StartAsync(isDev: false, [.. settings.Chunk(2).Select(pair => (pair[0], pair[1]))]);
        });
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_issuers_cannot_have_one_name()
    {
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using TestApp app = await Forge.StartAsync(options => options.Issuers[1].Identifier = Forge.Issuer);
        });
        Assert.Contains("as that of another issuer", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_dev_mode_weak_secrets_are_allowed()
    {
        await using TestApp app = await StartAsync(isDev: true, ("Tidings:Legacy:Publisher:Key", "!ChangeThisMercureHubJWTSecretKey!"));
        Assert.True(app.Services.GetRequiredService<TokenKeys>().Current.Any);
    }

    [Theory]
    [InlineData(null, false, false, true)]
    [InlineData(null, true, false, false)]
    [InlineData("true", true, false, true)]
    [InlineData("false", false, false, false)]
    [InlineData("false", true, true, true)]
    public async Task Without_a_token_public_events_are_shown_until_there_are_keys_or_the_settings_say_otherwise(string? setting, bool hasKeys, bool isDev, bool isAllowed)
    {
        List<(string, string)> settings = [];
        if (setting is not null)
        {
            settings.Add(("Tidings:AllowAnonymous", setting));
        }

        if (hasKeys)
        {
            settings.Add(("Tidings:Legacy:Publisher:Key", Forge.PublisherSecret));
        }

        await using TestApp app = await StartAsync(isDev, [.. settings]);
        using HttpResponseMessage response = await app.Client.GetAsync($"{TestApp.HubPath}?match=news", HttpCompletionOption.ResponseHeadersRead, TestApp.Cancellation);
        Assert.Equal(isAllowed ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private static Task<TestApp> StartAsync(bool isDev, params (string Name, string Value)[] settings) => TestApp.StartAsync(
        options => options.Dev = isDev,
        map: null,
        builder =>
        {
            builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Name, setting.Value)));
            builder.Services.AddAuthentication().AddTidingsTokens();
        });
}
