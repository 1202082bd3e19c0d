using Microsoft.Extensions.DependencyInjection;

namespace Tidings.Server.Tests.Serving;

/// <summary>Which keys a hub starts with, and which it refuses.</summary>
public sealed class KeyTests
{
    private const string Secret = "kX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU";

    [Fact]
    public async Task A_secret_of_public_examples_stops_the_start_and_says_what_to_do()
    {
        (int code, _, string error) = await RunningCommand.RunAsync(
            ["serve", "--log", "memory", "--urls", "http://127.0.0.1:0"], [("MERCURE_PUBLISHER_JWT_KEY", "!ChangeThisMercureHubJWTSecretKey!")]);
        Assert.Equal(2, code);
        Assert.Contains("Tidings:Legacy:Publisher is a secret from public examples", error, StringComparison.Ordinal);
        Assert.Contains("tidings token --new-key", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_variables_of_the_reference_hub_are_understood()
    {
        await using RunningCommand hub = RunningCommand.Start(
            ["serve", "--log", "memory", "--urls", "http://127.0.0.1:0", "--set", "Tidings:DrainWindow=00:00:00"],
            [("MERCURE_PUBLISHER_JWT_KEY", Secret + Secret), ("MERCURE_PUBLISHER_JWT_ALG", "HS512"), ("MERCURE_SUBSCRIBER_JWT_KEY", Secret), ("MERCURE_SUBSCRIBER_JWT_ALG", "")]);
        await hub.HubAsync();
        hub.Signal("TERM");
        Assert.Equal(0, (await hub.EndAsync()).Code);
    }

    [Fact]
    public async Task Keys_of_our_own_settings_rank_above_those_variables()
    {
        (int code, _, string error) = await RunningCommand.RunAsync(
            ["serve", "--log", "memory", "--urls", "http://127.0.0.1:0", "--set", "Tidings:Legacy:Publisher:KeyFile=/nowhere/key"], [("MERCURE_PUBLISHER_JWT_KEY", Secret)]);
        Assert.Equal(2, code);
        Assert.Contains("Tidings:Legacy:Publisher names /nowhere/key, which cannot be read", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_set_as_any_other_setting()
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false, ("Tidings:Legacy:Subscriber:Key", Secret));
        HubKeys keys = hub.Services.GetRequiredService<TokenKeys>().Current;
        Assert.Null(keys.Legacy!.Publisher);
        Assert.Equal("HS256", keys.Legacy.Subscriber!.Current.Keys[0].Algorithms[0].Name);
    }
}
