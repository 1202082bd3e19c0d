using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Tidings.Server;
using Tidings.Testing;

namespace Tidings.Proxies.Tests;

/// <summary>A proxy before a hub, in a process of its own that ends with the test.</summary>
internal sealed class RunningProxy : IAsyncDisposable
{
    private readonly Recipe _recipe;
    private readonly Workplace _place;
    private readonly ServerProgram _program;

    private RunningProxy(Recipe recipe, Workplace place, ServerProgram program)
    {
        _recipe = recipe;
        _place = place;
        _program = program;
    }

    public bool EndsTls => _recipe.EndsTls;

    public Uri Address => new($"{(EndsTls ? "https" : "http")}://{_place.Listen}");

    /// <summary>The hub as browsers know it.</summary>
    public Uri Hub => new(Address, "/.well-known/mercure");

    public static async Task<RunningProxy> StartAsync(string name, IPEndPoint hub)
    {
        Recipe recipe = Recipe.All[name];
        var place = new Workplace(hub);
        try
        {
            return new RunningProxy(recipe, place, await ServerProgram.StartAsync(recipe.Program, recipe.Package, recipe.Prepare(place), place.Directory, place.Listen));
        }
        catch
        {
            place.Dispose();
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
        await _program.DisposeAsync();
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(_program.Output);
        }

        _place.Dispose();
    }
}
