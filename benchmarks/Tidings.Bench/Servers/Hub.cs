using System.Diagnostics;

namespace Tidings.Bench;

/// <summary>The hub as users run it. Dev mode lets anybody on this machine publish.</summary>
internal sealed class Hub : MeasuredServer
{
    public const string UsualName = "Tidings";

    private readonly string? _directory;

    private Hub(string name, int port, string? directory, IEnumerable<string> arguments)
        : base(name, new ProcessStartInfo(Repository.Server, ["serve", "--dev", "--urls", $"http://127.0.0.1:{port}", .. arguments]))
    {
        _directory = directory;
        Port = port;
    }

    public int Port { get; }

    public override IReadOnlyList<string> StreamOptions => ["--hub", $"http://127.0.0.1:{Port}/.well-known/mercure"];

    public override IReadOnlyList<string> PublishOptions => StreamOptions;

    public override IReadOnlyList<string> FanOutOptions => StreamOptions;

    /// <summary>With its log in memory.</summary>
    public static Task<Hub> InMemoryAsync(string name, CancellationToken cancellationToken, params IEnumerable<string> arguments) =>
        StartAsync(name, directory: null, ["--log", "memory", .. arguments], cancellationToken);

    /// <summary>With a new log on disk.</summary>
    public static Task<Hub> OnDiskAsync(string name, CancellationToken cancellationToken, params IEnumerable<string> arguments)
    {
        string directory = Directory.CreateTempSubdirectory("tidings-bench-").FullName;
        return StartAsync(name, directory, ["--data", directory, "--durability", "disk", .. arguments], cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_directory is not null)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static async Task<Hub> StartAsync(string name, string? directory, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var hub = new Hub(name, FreePort(), directory, arguments);
        try
        {
            await hub.WaitAsync(hub.Port, cancellationToken);
            return hub;
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
    }
}
