using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tidings.Server;
using Tidings.Testing;

namespace Tidings.Proxies.Tests;

/// <summary>A proxy before a hub, in a process of its own that ends with the test.</summary>
internal sealed class RunningProxy : IAsyncDisposable
{
    // Where Debian keeps servers, which is not on everybody's path.
    private static readonly string[] MorePlaces = ["/usr/sbin", "/usr/local/sbin"];

    private readonly Recipe _recipe;
    private readonly Workplace _place;
    private readonly Process _process;
    private readonly StringBuilder _output = new(); // Guarded by itself.

    private RunningProxy(Recipe recipe, Workplace place)
    {
        _recipe = recipe;
        _place = place;
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(Find(recipe), recipe.Prepare(place))
            {
                WorkingDirectory = place.Directory,
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += (_, line) => Heard(line.Data);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool EndsTls => _recipe.EndsTls;

    public Uri Address => new($"{(EndsTls ? "https" : "http")}://{_place.Listen}");

    /// <summary>The hub as browsers know it.</summary>
    public Uri Hub => new(Address, "/.well-known/mercure");

    public static async Task<RunningProxy> StartAsync(string name, IPEndPoint hub)
    {
        var place = new Workplace(hub);
        var proxy = new RunningProxy(Recipe.All[name], place);
        try
        {
            await proxy.WaitUntilListeningAsync();
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client with connections of its own. It trusts the proxy's authority and speaks HTTP/2 where the proxy does.</summary>
    /// <param name="from">The loopback address that it calls from.</param>
    /// <param name="version">The version of HTTP; null for the highest that the proxy speaks.</param>
    /// <param name="connected">Called for each connection.</param>
    public HttpClient NewClient(IPAddress? from = null, Version? version = null, Action? connected = null)
    {
        X509Certificate2Collection trusted = [];
        trusted.ImportFromPemFile(_place.RootFile);
        SocketsHttpHandler handler = new SocketsHttpHandler { UseCookies = false }.Trusting(trusted);
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            connected?.Invoke();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(from ?? IPAddress.Loopback, 0));
            await socket.ConnectAsync(_place.Listen, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        };
        return new HttpClient(handler)
        {
            DefaultRequestVersion = version ?? (EndsTls ? HttpVersion.Version20 : HttpVersion.Version11),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(Output());
        }

        _place.Dispose();
    }

    // A program that is missing fails the test: a test that did not run has not passed.
    private static string Find(Recipe recipe) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(MorePlaces)
            .Select(directory => Path.Combine(directory, recipe.Program)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"These tests need {recipe.Program}, which is not on this machine. On Debian and Ubuntu: apt-get install {recipe.Package}");

    // None of them says when it is ready: each is when it takes a connection.
    private async Task WaitUntilListeningAsync()
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        do
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(_place.Listen, patience.Token);
                return;
            }
            catch (SocketException) when (!_process.HasExited)
            {
                // Not yet.
            }
            catch (SocketException refused)
            {
                await _process.WaitForExitAsync(patience.Token); // until all that it has said was heard
                throw new InvalidOperationException($"{_recipe.Program} has not started:\n{Output()}", refused);
            }
        }
        while (await timer.WaitForNextTickAsync(patience.Token));
    }

    private void Heard(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }

    private string Output()
    {
        lock (_output)
        {
            return _output.ToString();
        }
    }
}
