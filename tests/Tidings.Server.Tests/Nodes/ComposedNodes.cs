using System.Security.Cryptography.X509Certificates;
using Npgsql;
using Tidings.Testing;

namespace Tidings.Server.Tests.Nodes;

/// <summary>
/// What <c>deploy/compose.yaml</c> starts, as processes of this machine: the same files, settings, secrets and roles, with other addresses. PostgreSQL asks everybody but the test itself for a password.
/// </summary>
internal sealed class ComposedNodes : IAsyncDisposable
{
    private const string Secrets = "/run/secrets/";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tidings-compose-");
    private readonly ComposeFile _compose = new();
    private readonly List<RunningCommand> _hubs = [];
    private readonly List<Uri> _addresses = [];
    private PostgresServer? _database;
    private ServerProgram? _proxy;

    private ComposedNodes() => ProxyPort = Ports.Free(1)[0];

    /// <summary>Each hub by itself.</summary>
    public IReadOnlyList<RunningCommand> Hubs => _hubs;

    /// <summary>The addresses of the hubs by themselves.</summary>
    public IReadOnlyList<Uri> Addresses => _addresses;

    /// <summary>The hub as clients know it.</summary>
    public Uri Hub => new($"https://localhost:{ProxyPort}/.well-known/mercure");

    private int ProxyPort { get; }

    private string SecretsDirectory => Path.Combine(_directory.FullName, "deploy", "secrets");

    private PostgresServer Database => _database ?? throw new InvalidOperationException("The database has not started.");

    public static async Task<ComposedNodes> StartAsync()
    {
        var nodes = new ComposedNodes();
        try
        {
            await nodes.PrepareAsync();
            await nodes.MakeDatabaseAsync();
            (int code, _, string error) = await RunningCommand.RunAsync(["log", "migrate"], nodes.EnvironmentOf("migrate"));
            Assert.True(code == 0, error);
            await nodes.StartHubsAsync();
            await nodes.StartProxyAsync();
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    /// <summary>A token that may do what it says, made with the key that the hubs have.</summary>
    /// <param name="role"><c>publisher</c> or <c>subscriber</c>.</param>
    public string Token(string role) =>
        TestTokens.Legacy(File.ReadAllText(Path.Combine(SecretsDirectory, $"{role}.key")).Trim(), role == "publisher" ? """{"publish":["*"]}""" : """{"subscribe":["*"]}""");

    /// <summary>How the database is reached by one of the roles, with its password.</summary>
    public string ConnectionString(string role) => $"Host=127.0.0.1;Port={Database.Port};Database=tidings;Username=tidings_{role};Passfile={SecretsDirectory}/{role}.pgpass;Pooling=false";

    /// <summary>A client with connections of its own, which trusts the certificate.</summary>
    public HttpClient NewClient()
    {
        X509Certificate2Collection trusted = [];
        trusted.ImportFromPemFile(Path.Combine(SecretsDirectory, "tls.pem"));
        return new HttpClient(new SocketsHttpHandler().Trusting(trusted)) { DefaultRequestVersion = System.Net.HttpVersion.Version20 };
    }

    /// <summary>Asks a hub as its health check does; 0 if it is ready.</summary>
    public async Task<int> CheckHealthAsync(int hub) =>
        (await Tool.TryAsync("/bin/bash", "-c", _compose.HealthLine().Replace("127.0.0.1/8080", $"127.0.0.1/{_addresses[hub].Port}", StringComparison.Ordinal))).Code;

    /// <summary>Waits until a hub is ready, which it is not while the database does not answer within seconds: a machine may stall.</summary>
    public async Task WaitUntilHealthyAsync(int hub)
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        while (await CheckHealthAsync(hub) != 0)
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        foreach (RunningCommand hub in _hubs)
        {
            await hub.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        _directory.Delete(recursive: true);
    }

    private async Task PrepareAsync()
    {
        string prepare = Path.Combine(_directory.CreateSubdirectory("deploy").FullName, "prepare");
        File.Copy(Repository.PathOf("deploy/prepare"), prepare);
        await Tool.RunAsync("/bin/bash", prepare);
    }

    // As the image of PostgreSQL does with what is mounted into docker-entrypoint-initdb.d: in the order of the names.
    private async Task MakeDatabaseAsync()
    {
        _database = await PostgresServer.StartAsync();
        string here = $"127.0.0.1:{Database.Port}:";
        foreach (string file in Directory.GetFiles(SecretsDirectory, "*.pgpass"))
        {
            await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("database:5432:", here, StringComparison.Ordinal));
        }

        await using var connection = new NpgsqlConnection($"{Database.ConnectionString()};Pooling=false");
        await connection.OpenAsync();
        await using (var create = new NpgsqlCommand("CREATE DATABASE tidings", connection))
        {
            await create.ExecuteNonQueryAsync();
        }

        foreach (string script in Directory.GetFiles(Repository.PathOf("deploy/postgres")).Order(StringComparer.Ordinal))
        {
            string copy = Path.Combine(_directory.FullName, Path.GetFileName(script));
            await File.WriteAllTextAsync(copy, Here(await File.ReadAllTextAsync(script)));
            await Tool.RunAsync("psql", "-X", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", $"{Database.Port}", "-U", PostgresServer.User, "-d", "tidings", "-f", copy);
        }

        await Passwords.AskForAsync(Database);
    }

    private async Task StartHubsAsync()
    {
        Assert.Equal(3, _compose.Hubs.Length);
        foreach (string _ in _compose.Hubs)
        {
            var hub = RunningCommand.Start(["serve"], EnvironmentOf("x-hub"));
            _hubs.Add(hub);
            _addresses.Add(await hub.HubAsync());
        }
    }

    private async Task StartProxyAsync() => _proxy = await DeployedNginx.StartAsync(
        Repository.Read("deploy/nginx.conf"), _directory.FullName, SecretsDirectory, ProxyPort, _compose.Hubs.Zip(_addresses, static (name, address) => (name, address.Port)));

    private (string Name, string Value)[] EnvironmentOf(string key) => [.. _compose.EnvironmentOf(key).Select(variable => (variable.Name, Here(variable.Value)))];

    private string Here(string text) => text
        .Replace("Host=database;", $"Host=127.0.0.1;Port={_database?.Port};", StringComparison.Ordinal)
        .Replace("http://0.0.0.0:8080", $"http://127.0.0.1:{Ports.Free(1)[0]}", StringComparison.Ordinal) // one that the system gives to nobody by chance when its hub has been killed
        .Replace("${HUB_NAME:?Run ./prepare first.}", "localhost", StringComparison.Ordinal)
        .Replace("10.89.17.2", "127.0.0.1", StringComparison.Ordinal)
        .Replace(Secrets, $"{SecretsDirectory}/", StringComparison.Ordinal);
}
