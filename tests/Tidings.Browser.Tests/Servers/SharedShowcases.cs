using System.Collections.Concurrent;

namespace Tidings.Browser.Tests;

/// <summary>One Showcase for each pace that tests ask for, started by the first of them.</summary>
public sealed class SharedShowcases : IAsyncDisposable
{
    private readonly ConcurrentDictionary<double, Lazy<Task<ShowcaseServer>>> _servers = new();

    public Task<ShowcaseServer> GetAsync(double pace) => _servers.GetOrAdd(pace, _ => new Lazy<Task<ShowcaseServer>>(() => ShowcaseServer.StartAsync(pace))).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<Task<ShowcaseServer>> server in _servers.Values)
        {
            await (await server.Value).DisposeAsync();
        }
    }
}
