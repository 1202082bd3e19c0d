using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tidings.Benchmarks;

/// <summary>A hub as users run it: a process of its own on loopback.</summary>
internal sealed class HubProcess : IAsyncDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private HubProcess(Process process, int port, TimeSpan started)
    {
        _process = process;
        Port = port;
        Started = started;
    }

    /// <summary>The program of <c>tidings</c>.</summary>
    public static string Program { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "../../../../../src/Tidings.Server/bin", Configuration(), "net10.0/Tidings.Server.dll"));

    public int Port { get; }

    /// <summary>The id of the process.</summary>
    public int Id => _process.Id;

    /// <summary>From the start of the process to its first good answer.</summary>
    public TimeSpan Started { get; }

    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<HubProcess> StartAsync(params IEnumerable<string> arguments)
    {
        int port = FreePort();
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in (IEnumerable<string>)[Program, "serve", "--dev", "--urls", $"http://127.0.0.1:{port}", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        long began = Stopwatch.GetTimestamp();
        Process process = Process.Start(start) ?? throw new InvalidOperationException("The hub cannot be started.");
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var client = new HttpClient();
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/healthz/ready"));
                if (answer.IsSuccessStatusCode)
                {
                    return new HubProcess(process, port, Stopwatch.GetElapsedTime(began));
                }
            }
            catch (Exception failure) when (failure is HttpRequestException or SocketException && !process.HasExited && Stopwatch.GetElapsedTime(began) < LongestStart)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string Configuration() => AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
