using Tidings.Testing;

namespace Tidings.Peers.Tests;

/// <summary>Clients of protocol 0.x as they are installed, at a hub that only their address tells from the one before.</summary>
public sealed class LegacyClientsTests(MovedHub hub)
{
    private const string ByHeader = "subscribe-eventsource-client.cjs";
    private const string ByCookie = "subscribe-eventsource.cjs";

    [Fact]
    public async Task Private_updates_of_the_symfony_component_reach_those_who_may_and_nobody_else()
    {
        const string Alice = "https://symfony.example/users/alice";
        const string Bob = "https://symfony.example/users/bob";
        string url = $"{hub.Url}?topic={Uri.EscapeDataString("https://symfony.example/users/{name}")}";
        await using Peer alice = await Subscriber(ByHeader, url, ("Authorization", $"Bearer {MovedHub.SubscriberToken(Alice)}")).WhenOpenAsync();
        await using Peer bob = await Subscriber(ByCookie, url, ("Cookie", $"mercureAuthorization={MovedHub.SubscriberToken(Bob)}")).WhenOpenAsync();
        await using Peer anybody = await Subscriber(ByCookie, url).WhenOpenAsync();

        string[] ids = await SymfonyAsync(
            new Update([Alice], "for Alice", Private: true),
            new Update([Bob], "für Bob\nand nobody else", Private: true, Type: "note"),
            new Update([Alice, Bob], "for both", Private: true),
            new Update([Alice], "for all", Id: "urn:uuid:5f0bb1c9-d75e-4c63-b6c7-9a6e1f7f8f55", Type: "note", Retry: 100),
            new Update([Bob], "end"));

        Assert.Equal("urn:uuid:5f0bb1c9-d75e-4c63-b6c7-9a6e1f7f8f55", ids[3]);
        Received toAll = new("note", "for all", ids[3]);
        Assert.Equal([new("message", "for Alice", ids[0]), new("message", "for both", ids[2]), toAll], await alice.ReadToEndEventAsync());
        Assert.Equal([new("note", "für Bob\nand nobody else", ids[1]), new("message", "for both", ids[2]), toAll], await bob.ReadToEndEventAsync());
        Assert.Equal([toAll], await anybody.ReadToEndEventAsync());
    }

    [Fact]
    public async Task The_symfony_component_is_refused_what_its_token_does_not_grant()
    {
        await using Peer symfony = Peer.Start("publish-symfony.php", new
        {
            url = hub.Url,
            secret = MovedHub.PublisherSecret,
            publish = (string[])["https://symfony.example/mine"],
            updates = (object[])[new { topics = "https://symfony.example/others", data = "x" }],
        });
        Assert.Contains("The token does not grant this.", (await Assert.ThrowsAnyAsync<Exception>(symfony.ReadAllAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Updates_of_the_npm_package_arrive_with_their_id_type_and_alternates()
    {
        await using Peer byTemplate = await Subscriber(ByHeader, $"{hub.Url}?topic={Uri.EscapeDataString("https://npm.example/books/{id}")}").WhenOpenAsync();
        await using Peer byAlternate = await Subscriber(ByCookie, $"{hub.Url}?topic={Uri.EscapeDataString("https://npm.example/new")}").WhenOpenAsync();

        string[] ids = await NpmAsync(
            new Update(["https://npm.example/books/1", "https://npm.example/new"], """{"title":"…"}"""),
            new Update(["https://npm.example/new"], "", Id: "npm-2", Type: "note", Retry: 100),
            new Update(["https://npm.example/books/1", "https://npm.example/new"], "end"));

        Received first = new("message", """{"title":"…"}""", ids[0]);
        Assert.Equal([first], await byTemplate.ReadToEndEventAsync());
        Assert.Equal("npm-2", ids[1]);
        Assert.Equal([first, new("note", "", "npm-2")], await byAlternate.ReadToEndEventAsync());
    }

    [Fact]
    public async Task A_client_that_is_cut_off_loses_nothing_and_repeats_nothing()
    {
        const int Events = 60;
        const string Topic = "https://cut.example/news";
        await using var proxy = new CuttingProxy(hub.EndPoint, connection => connection < 4 ? new Cut(1500, connection % 2 == 0 ? CutKind.Fin : CutKind.Reset) : null);

        // Not the package eventsource: in version 2.0.2 half an event at the end of a connection is taken for the beginning of the next one, whatever the server.
        await using Peer cut = await Subscriber(
            ByHeader, hub.At(proxy.Address, $"topic={Topic}").AbsoluteUri, ("Authorization", $"Bearer {MovedHub.SubscriberToken(Topic)}")).WhenOpenAsync();

        Update[] updates = [.. Enumerable.Range(1, Events).Select(number => new Update([Topic], $"{number}", Private: number % 2 == 0, Retry: 10)), new Update([Topic], "end")];
        string[] ids = await SymfonyAsync(updates);

        Assert.Equal(updates[..^1].Zip(ids, (update, id) => new Received("message", update.Data, id)), await cut.ReadToEndEventAsync());
        await proxy.WaitForCutAsync(Hang.Limit);
    }

    [Fact]
    public async Task A_client_that_comes_back_with_its_last_id_receives_what_came_after_it()
    {
        const string Topic = "https://resume.example/news";
        string[] ids = await SymfonyAsync(new Update([Topic], "one"), new Update([Topic], "two", Private: true), new Update([Topic], "three"), new Update([Topic], "end"));

        object argument = new { url = $"{hub.Url}?topic={Topic}", headers = Headers(("Authorization", $"Bearer {MovedHub.SubscriberToken("*")}")), lastEventId = ids[0] };
        await using Peer byHeader = Peer.Start(ByHeader, argument);
        await using Peer byQuery = Subscriber(ByCookie, $"{hub.Url}?topic={Topic}&lastEventID={Uri.EscapeDataString(ids[0])}");

        Assert.Equal([new("message", "two", ids[1]), new("message", "three", ids[2])], await byHeader.ReadToEndEventAsync());
        Assert.Equal([new("message", "three", ids[2])], await byQuery.ReadToEndEventAsync());
    }

    private static Peer Subscriber(string script, string url, params (string Name, string Value)[] headers) =>
        Peer.Start(script, new { url, headers = Headers(headers), types = (string[])["note"] });

    private static Dictionary<string, string> Headers(params (string Name, string Value)[] headers) => headers.ToDictionary(header => header.Name, header => header.Value, StringComparer.Ordinal);

    private async Task<string[]> SymfonyAsync(params Update[] updates)
    {
        await using Peer symfony = Peer.Start("publish-symfony.php", new
        {
            url = hub.Url,
            secret = MovedHub.PublisherSecret,
            publish = (string[])["*"],
            updates = updates.Select(update => update.ToJson()),
        });
        return await symfony.ReadAllAsync();
    }

    private async Task<string[]> NpmAsync(params Update[] updates)
    {
        await using Peer npm = Peer.Start("publish-mercure.cjs", new { url = hub.Url, token = MovedHub.PublisherToken(), updates = updates.Select(update => update.ToJson()) });
        return await npm.ReadAllAsync();
    }

    private sealed record Update(string[] Topics, string Data, bool Private = false, string? Id = null, string? Type = null, int? Retry = null)
    {
        public object ToJson() => new { topics = Topics, data = Data, @private = Private, id = Id, type = Type, retry = Retry };
    }
}
