using System.Text.Json;

namespace Tidings.Peers.Tests;

/// <summary>Protocol 1.0 at the same hub: plain <c>fetch</c>, and <c>tidings subscribe</c>.</summary>
public sealed class CurrentClientsTests(MovedHub hub)
{
    [Fact]
    public async Task Plain_fetch_publishes_and_receives_a_private_update()
    {
        const string Topic = "https://fetch.example/7";
        await using Peer fetch = Peer.Start("fetch.cjs", new
        {
            url = hub.Url,
            publisher = await TokenAsync("publish", Topic),
            subscriber = await TokenAsync("subscribe", "urlpattern:https://fetch.example/:id"),
            topic = Topic,
            data = "a\nb",
        });
        JsonElement answer = JsonElement.Parse(Assert.Single(await fetch.ReadAllAsync()));

        Assert.Equal(200, answer.GetProperty("status").GetInt32());
        Assert.Equal("text/plain; charset=utf-8", answer.GetProperty("type").GetString(), ignoreCase: true);
        Assert.False(string.IsNullOrEmpty(answer.GetProperty("cursor").GetString()));
        Assert.Equal($":\ndata: a\ndata: b\nid: {answer.GetProperty("id").GetString()}\n\n", answer.GetProperty("received").GetString());
    }

    [Fact]
    public async Task The_command_line_receives_exactly_what_its_token_grants()
    {
        const string Mine = "https://command.example/mine";
        const string Others = "https://command.example/others";
        await using Peer subscriber = Peer.Start(
            "dotnet",
            [
                MovedHub.Command, "subscribe", "--hub", hub.Url.AbsoluteUri, "--topic", Mine, "--topic", Others, "--json", "--count", "2", "--timeout", "3600",
                "--token", $"@{await hub.CurrentTokenFileAsync("subscribe", Mine)}",
            ]);
        Assert.Equal("""{"event":"open"}""", await subscriber.ReadLineAsync());

        string token = await hub.CurrentTokenFileAsync("publish", "*");
        await PublishAsync(token, Others, "not for everybody", "--private");
        string first = await PublishAsync(token, Mine, "for me", "--private");
        string second = await PublishAsync(token, Others, "for everybody");

        JsonElement[] events = [.. (await subscriber.ReadAllAsync()).Select(line => JsonElement.Parse(line)).Where(line => line.GetProperty("event").GetString() == "message")];
        Assert.Equal([("for me", first), ("for everybody", second)], events.Select(e => (e.GetProperty("data").GetString(), e.GetProperty("lastEventId").GetString())));
    }

    private async Task<string> TokenAsync(string action, string topic) => (await File.ReadAllTextAsync(await hub.CurrentTokenFileAsync(action, topic))).Trim();

    private async Task<string> PublishAsync(string tokenFile, string topic, string data, params string[] more)
    {
        await using Peer command = Peer.Start(
            "dotnet", [MovedHub.Command, "publish", "--hub", hub.Url.AbsoluteUri, "--topic", topic, "--data", data, "--token", $"@{tokenFile}", .. more]);
        return Assert.Single(await command.ReadAllAsync());
    }
}
