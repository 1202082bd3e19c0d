using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Tidings.Testing;

/// <summary>
/// A PostgreSQL of the tests' own: its data in a temporary directory, on loopback, as an unprivileged user, ended by its process id. It can be killed, paused and started again on the same data.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The only role there is; it may do everything, without a password.</summary>
    public const string User = "tidings";

    private const char Zombie = 'Z';

    private readonly string _directory;
    private readonly string _settings;
    private Process? _process;
    private StringBuilder _output = new();

    private PostgresServer(string directory, int port, string settings)
    {
        _directory = directory;
        Port = port;
        _settings = settings;
    }

    public int Port { get; }

    /// <summary>What the server has printed since its last start.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>How Npgsql reaches a database of the server. A test that asks has time, however slow the machine is; a hub has its own limits.</summary>
    public string ConnectionString(string database = "postgres", string user = User) => string.Create(
        CultureInfo.InvariantCulture,
        $"Host=127.0.0.1;Port={Port};Database={database};Username={user};SSL Mode=Disable;GSS Encryption Mode=Disable;Timeout={Hang.Limit.TotalSeconds:0};Command Timeout={Hang.Limit.TotalSeconds:0}");

    /// <summary>Makes a server and starts it.</summary>
    /// <param name="settings">Settings beside those that a test needs, one <c>-c name=value</c> each, separated by spaces.</param>
    public static async Task<PostgresServer> StartAsync(string settings = "")
    {
        string directory = NewDirectory();
        try
        {
            await RunAsync("initdb", directory, $"-D {directory}/data -U {User} -A trust -E UTF8 --locale=C --no-sync");
            var server = new PostgresServer(directory, Ports.Free(1)[0], settings);
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    /// <summary>Makes a server that is a replica of this one, and receives what this one commits.</summary>
    public async Task<PostgresServer> StartReplicaAsync(string settings = "")
    {
        string directory = NewDirectory();
        try
        {
            await RunAsync("pg_basebackup", directory, $"-D {directory}/data -h 127.0.0.1 -p {Port} -U {User} -R -X stream -c fast --no-sync");
            var server = new PostgresServer(directory, Ports.Free(1)[0], settings);
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    /// <summary>Makes a replica the primary.</summary>
    public Task PromoteAsync() => RunAsync("pg_ctl", _directory, $"promote -D {_directory}/data -w -t {Hang.Limit.TotalSeconds:0}");

    /// <summary>Starts the server on the data that it left.</summary>
    public async Task StartAgainAsync()
    {
        _output = new StringBuilder();
        ProcessStartInfo start = Command(
            "postgres", _directory, $"-D {_directory}/data -p {Port} -k {_directory} -c listen_addresses=127.0.0.1 -c max_connections=200 -c shared_buffers=32MB -c wal_level=replica {_settings}");
        StringBuilder output = _output;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Add(output, line.Data);
        _process.ErrorDataReceived += (_, line) => Add(output, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await WaitUntilReadyAsync(_process);
    }

    /// <summary>Ends the server and all of its processes between two instructions.</summary>
    public async Task KillAsync()
    {
        Process process = Running();
        int[] all = Halt(process.Id);
        Signal("KILL", all);
        await process.WaitForExitAsync();
        foreach (int child in all)
        {
            // The data can be opened again when the last of them is gone.
            while (Directory.Exists($"/proc/{child}") && !IsZombie(child))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            }
        }

        Forget();
    }

    /// <summary>Ends the server in order.</summary>
    public async Task StopAsync()
    {
        Process process = Running();
        Signal("INT", process.Id); // "fast": open connections are ended
        await process.WaitForExitAsync();
        Forget();
    }

    /// <summary>Lets the server and all of its processes stand still.</summary>
    public void Pause() => Halt(Running().Id);

    /// <summary>Lets them go on.</summary>
    public void GoOn()
    {
        int server = Running().Id;
        Signal("CONT", [.. Children(server), server]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private static void Add(StringBuilder output, string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }

    // PostgreSQL refuses to run as root. The directory is its own, and in one that it can reach.
    private static string NewDirectory()
    {
        string directory = Directory.CreateTempSubdirectory("tidings-pg-").FullName;
        if (Environment.UserName == "root")
        {
            using Process owner = Process.Start("chown", ["postgres:", directory]);
            owner.WaitForExit();
        }

        return directory;
    }

    private static ProcessStartInfo Command(string program, string directory, string arguments)
    {
        string path = Path.Combine(Programs(), program);
        string[] given = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        // It becomes the program, under the same process id.
        ProcessStartInfo start = Environment.UserName == "root"
            ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. given])
            : new ProcessStartInfo(path, given);
        start.WorkingDirectory = directory;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private static string Programs() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).Where(Directory.Exists).Order(StringComparer.Ordinal).Last()
            : throw new InvalidOperationException("PostgreSQL is missing. Install it with: apt-get install postgresql");

    private static async Task RunAsync(string program, string directory, string arguments)
    {
        using Process process = Process.Start(Command(program, directory, arguments))!; // never null without a shell
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with status {process.ExitCode}: {await output}{errors}");
        }
    }

    /// <summary>Lets a server stand still, and then its processes: while they are counted none begins, which nobody would signal, and none tells its clients that the server has gone. Tells all, the server last.</summary>
    private static int[] Halt(int server)
    {
        Signal("STOP", server);
        if (!SpinWait.SpinUntil(() => State(server) is 'T' or Zombie, Hang.Limit))
        {
            throw new InvalidOperationException($"PostgreSQL does not stand still: its state is {State(server)}.");
        }

        int[] children = Children(server);
        Signal("STOP", children);
        return [.. children, server];
    }

    // The list is whole only while the server stands still: one that ends while it is read would hide others.
    private static int[] Children(int server)
    {
        try
        {
            return [.. File.ReadAllText($"/proc/{server}/task/{server}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(child => int.Parse(child, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return []; // the server is gone
        }
    }

    private static bool IsZombie(int process) => State(process) == Zombie;

    // One that is gone is as one that nobody has buried yet.
    private static char State(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return Zombie;
        }
    }

    private static void Signal(string name, params int[] processes)
    {
        if (processes.Length == 0)
        {
            return;
        }

        using Process kill = Process.Start(new ProcessStartInfo("kill", [$"-{name}", .. processes.Select(process => $"{process}")]) { UseShellExecute = false, RedirectStandardError = true })!;
        kill.WaitForExit();
    }

    private Process Running() => _process ?? throw new InvalidOperationException("The server does not run.");

    private void Forget()
    {
        _process?.Dispose();
        _process = null;
    }

    private async Task WaitUntilReadyAsync(Process process)
    {
        long begun = Stopwatch.GetTimestamp();
        while (true)
        {
            using Process ready = Process.Start(Command("pg_isready", _directory, $"-q -h 127.0.0.1 -p {Port}"))!;
            await ready.WaitForExitAsync();
            if (ready.ExitCode == 0)
            {
                return;
            }

            if (process.HasExited || Stopwatch.GetElapsedTime(begun) > Hang.Limit)
            {
                throw new InvalidOperationException($"PostgreSQL is not ready: {Output}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
