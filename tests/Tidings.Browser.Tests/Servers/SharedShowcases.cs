using System.Collections.Concurrent;

namespace Tidings.Browser.Tests;

/// <summary>One Showcase for each pace that tests ask for, started by the first of them.</summary>
public sealed class SharedShowcases : IAsyncDisposable
{
    private readonly ConcurrentDictionary<double, Lazy<Task<ShowcaseServer>>> _servers = new();

    /// <summary>The Showcase of this pace that the tests of this run share.</summary>
    public static async Task<ShowcaseServer> OfThisRunAsync(double pace)
    {
        SharedShowcases shared = await TestContext.Current.GetFixture<SharedShowcases>() ?? throw new InvalidOperationException("The assembly names no such fixture.");
        return await shared.GetAsync(pace);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<Task<ShowcaseServer>> server in _servers.Values)
        {
            await (await server.Value).DisposeAsync();
        }
    }

    private Task<ShowcaseServer> GetAsync(double pace) => _servers.GetOrAdd(pace, _ => new Lazy<Task<ShowcaseServer>>(() => ShowcaseServer.StartAsync(pace))).Value;
}
