using System.Diagnostics;

namespace Tidings.Bench;

/// <summary>The framework's result over a channel for each stream: benchmarks/peers/InBox.</summary>
internal sealed class InBoxApp : MeasuredServer
{
    public const string UsualName = "in-box";

    private readonly int _port;

    private InBoxApp(int port)
        : base(UsualName, new ProcessStartInfo(Repository.InBox, ["--urls", $"http://127.0.0.1:{port}"])) => _port = port;

    public override IReadOnlyList<string> StreamOptions => ["--subscribe-url", $"http://127.0.0.1:{_port}/sub/{{topic}}"];

    public override IReadOnlyList<string> PublishOptions => ["--publish-url", $"http://127.0.0.1:{_port}/pub/{{topic}}", "--publish-body", "{data}"];

    public static async Task<InBoxApp> StartAsync(CancellationToken cancellationToken)
    {
        var app = new InBoxApp(FreePort());
        try
        {
            await app.WaitAsync(app._port, cancellationToken);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }
}
