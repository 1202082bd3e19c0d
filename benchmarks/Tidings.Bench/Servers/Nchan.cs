using System.Diagnostics;
using System.Globalization;

namespace Tidings.Bench;

/// <summary>nginx with Nchan, from Debian. Its master only watches over the one worker, which does the work and is measured.</summary>
internal sealed class Nchan : MeasuredServer
{
    public const string UsualName = "Nchan";
    public const string Program = "/usr/sbin/nginx";

    private readonly string _directory;
    private readonly int _port;
    private int _worker;

    private Nchan(string directory, int port)
        : base(UsualName, new ProcessStartInfo(Program, ["-e", Path.Combine(directory, "error.log"), "-c", Path.Combine(directory, "nginx.conf")]))
    {
        _directory = directory;
        _port = port;
    }

    public override int MeasuredProcess => _worker;

    public override IReadOnlyList<string> StreamOptions => ["--subscribe-url", $"http://127.0.0.1:{_port}/sub/{{topic}}"];

    public override IReadOnlyList<string> PublishOptions => ["--publish-url", $"http://127.0.0.1:{_port}/pub/{{topic}}", "--publish-body", "{data}"];

    public static async Task<Nchan> StartAsync(CancellationToken cancellationToken)
    {
        string directory = Directory.CreateTempSubdirectory("tidings-bench-").FullName;
        int port = FreePort();
        string template = await File.ReadAllTextAsync(Repository.NginxTemplate, cancellationToken);
        string configuration = template
            .Replace("@DIRECTORY@", directory, StringComparison.Ordinal)
            .Replace("@PORT@", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            // As root nginx would hand its worker to a user who cannot enter the directory.
            .Replace("@USER@", Environment.IsPrivilegedProcess ? "user root;" : "", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(directory, "nginx.conf"), configuration, cancellationToken);
        var nginx = new Nchan(directory, port);
        try
        {
            await nginx.WaitAsync(port, cancellationToken);
            nginx._worker = await nginx.FindWorkerAsync(cancellationToken);
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    // The master listens before it has a worker. It has no other child.
    private async Task<int> FindWorkerAsync(CancellationToken cancellationToken)
    {
        int master = base.MeasuredProcess;
        while (true)
        {
            string children = await File.ReadAllTextAsync($"/proc/{master}/task/{master}/children", cancellationToken);
            if (children.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var worker, ..])
            {
                return int.Parse(worker, CultureInfo.InvariantCulture);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }
}
