using System.Net;
using Tidings.Testing;

namespace Tidings.Peers.Tests;

/// <summary>
/// The stand-alone hub as somebody runs it who has moved from the reference hub: with the environment variables of that one for protocol 0.x, and with an issuer of tokens of protocol 1.0
/// beside them. One for all tests: each has topics of its own.
/// </summary>
public sealed class MovedHub : IAsyncLifetime
{
    public const string PublisherSecret = "pX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU";
    public const string Issuer = "https://id.example";
    public const string Audience = "https://hub.example/.well-known/mercure";

    private const string SubscriberSecret = "sJ3kWm8tZr6bVy1xQn5hCg7dLf2pTa4o";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tidings-peers-");
    private Peer? _process;

    public Uri Url { get; private set; } = new("about:blank");

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Url.Port);

    public async ValueTask InitializeAsync()
    {
        string key = Path.Combine(_directory.FullName, "key");
        await File.WriteAllLinesAsync(key, await TidingsAsync("token", "--new-key"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        _process = Peer.Start(
            "dotnet",
            [
                Command, "serve", "--log", "memory", "--urls", "http://127.0.0.1:0",
                "--set", "Tidings:AllowAnonymous=true",
                "--set", "Tidings:HeartbeatInterval=00:10:00", // a machine that stalls must not bring one into what a test compares byte by byte
                "--set", $"Tidings:Issuers:0:Identifier={Issuer}", "--set", $"Tidings:Issuers:0:Audience={Audience}", "--set", $"Tidings:Issuers:0:Keys:KeyFile={key}",
            ],
            [("MERCURE_PUBLISHER_JWT_KEY", PublisherSecret), ("MERCURE_SUBSCRIBER_JWT_KEY", SubscriberSecret)]);
        string line;
        do
        {
            line = await _process.ReadLineAsync();
        }
        while (!line.StartsWith("  hub ", StringComparison.Ordinal));
        Url = new Uri(line["  hub ".Length..].Trim());
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _directory.Delete(recursive: true);
    }

    /// <summary>A token of protocol 0.x for a publisher.</summary>
    public static string PublisherToken() => TestTokens.Legacy(PublisherSecret, """{"publish":["*"]}""");

    /// <summary>A token of protocol 0.x for a subscriber.</summary>
    public static string SubscriberToken(string selector) => TestTokens.Legacy(SubscriberSecret, $$"""{"subscribe":["{{selector}}"]}""");

    /// <summary>The file with a token of protocol 1.0, made by <c>tidings token</c>.</summary>
    internal async Task<string> CurrentTokenFileAsync(string action, string topic)
    {
        string file = Path.Combine(_directory.FullName, Path.GetRandomFileName());
        string key = Path.Combine(_directory.FullName, "key");
        await File.WriteAllLinesAsync(file, await TidingsAsync("token", "--key", $"@{key}", "--issuer", Issuer, "--audience", Audience, $"--{action}", topic));
        return file;
    }

    internal Uri At(IPEndPoint address, string query) => new UriBuilder(Url) { Port = address.Port, Query = query }.Uri;

    internal static string Command => Path.Combine(AppContext.BaseDirectory, "Tidings.Server.dll");

    private static async Task<string[]> TidingsAsync(params string[] arguments)
    {
        await using Peer command = Peer.Start("dotnet", [Command, .. arguments]);
        return await command.ReadAllAsync();
    }
}
