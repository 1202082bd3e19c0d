using System.Globalization;
using Tidings.Testing;

namespace Tidings.Browser.Tests;

/// <summary>The Showcase sample as its users run it: a process that listens on ports.</summary>
public sealed class ShowcaseServer : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly ServerProcess _process;
    private DirectoryInfo? _data; // Null once another server has taken it over.

    private ShowcaseServer(ServerProcess process, DirectoryInfo data, Uri address, Uri secondAddress, Uri secureAddress)
    {
        _process = process;
        _data = data;
        Address = address;
        SecondAddress = secondAddress;
        SecureAddress = secureAddress;
    }

    public Uri Address { get; }

    public Uri SecondAddress { get; }

    public Uri SecureAddress { get; }

    /// <summary>Where it keeps its states and its log.</summary>
    public string DataDirectory => _data?.FullName ?? throw new InvalidOperationException("Another server has taken over the data.");

    /// <summary>Starts it, by default on three ports that are free, and that nobody else is given while it is away.</summary>
    /// <param name="pace">What all its intervals are multiplied by.</param>
    /// <param name="sameAs">A server that has ended and whose ports and data this one takes over.</param>
    /// <param name="heartbeat">How long a stream may be silent.</param>
    /// <param name="more">More settings, named as in the environment.</param>
    public static async Task<ShowcaseServer> StartAsync(
        double pace,
        ShowcaseServer? sameAs = null,
        TimeSpan? heartbeat = null,
        IReadOnlyDictionary<string, string>? more = null)
    {
        DirectoryInfo data = sameAs?._data ?? Directory.CreateTempSubdirectory("tidings-showcase-");
        int[] ports = sameAs is null ? Ports.Free(3) : [sameAs.Address.Port, sameAs.SecondAddress.Port, sameAs.SecureAddress.Port];
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PORT"] = $"{ports[0]}",
            ["SECOND_PORT"] = $"{ports[1]}",
            ["TLS_PORT"] = $"{ports[2]}",
            ["Showcase__Data"] = data.FullName,
            ["Showcase__Pace"] = pace.ToString(CultureInfo.InvariantCulture),
            ["Tidings__HeartbeatInterval"] = $"{heartbeat ?? TimeSpan.FromSeconds(15)}",
        };
        foreach ((string name, string value) in more ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            settings[name] = value;
        }

        string output = BuiltOutput();
        ServerProcess process = ServerProcess.Start("dotnet", [Path.Combine(output, "Showcase.dll")], Path.Combine(output, "../../.."), settings);
        try
        {
            await process.WaitForLinesAsync(Listening, count: 3);
            await process.WaitForLinesAsync("Content root path"); // the last line of a start
            if (sameAs is not null)
            {
                sameAs._data = null;
            }

            return new ShowcaseServer(process, data, new Uri($"http://127.0.0.1:{ports[0]}"), new Uri($"http://127.0.0.1:{ports[1]}"), new Uri($"https://127.0.0.1:{ports[2]}"));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>The most memory that the process has had so far, in bytes.</summary>
    public long PeakMemory => _process.PeakMemory;

    public string Output() => _process.Output();

    public Task WaitForLogAsync(string text) => _process.WaitForLinesAsync(text);

    /// <summary>Ends it without asking it: its clients' connections break.</summary>
    public Task KillAsync() => _process.KillAsync();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _data?.Delete(recursive: true);
    }

    // From tests/X/bin/Debug/net10.0 to samples/Showcase/bin/Debug/net10.0: the sample is built with the tests, in the same configuration.
    private static string BuiltOutput()
    {
        string[] ours = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar);
        string output = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../samples/Showcase/bin", ours[^2], ours[^1]));
        return File.Exists(Path.Combine(output, "Showcase.dll"))
            ? output
            : throw new InvalidOperationException($"The Showcase sample is not built at {output}. Build the solution.");
    }
}
