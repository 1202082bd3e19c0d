using System.Net;
using System.Runtime.Versioning;
using Tidings.Testing;

namespace Tidings.Server.Tests.Nodes;

/// <summary>The unit by which systemd runs several hubs on a machine.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SystemdUnitTests : IDisposable
{
    private const string Password = "of-the-test";

    private readonly string _directory = Directory.CreateTempSubdirectory("tidings-unit-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_unit_is_one_that_systemd_understands()
    {
        // It looks whether the program is there, which may be elsewhere on this machine.
        string unit = Path.Combine(_directory, SystemdUnit.FileName);
        await File.WriteAllTextAsync(unit, SystemdUnit.Text.Replace("/usr/bin/dotnet", "/bin/true", StringComparison.Ordinal));
        Assert.Empty(await Tool.RunAsync("systemd-analyze", "verify", unit)); // it warns of a key that it does not know, and succeeds
    }

    [Fact]
    public async Task Its_command_starts_a_hub_at_the_port_that_names_it()
    {
        await using PostgresServer database = await PostgresServer.StartAsync();
        int port = Ports.Free(1)[0];
        await File.WriteAllTextAsync(Path.Combine(_directory, "hub.pgpass"), $"127.0.0.1:{database.Port}:*:*:{Password}\n");
        await Passwords.AskForAsync(database, Password);
        foreach (string key in new[] { "publisher.key", "subscriber.key" })
        {
            string file = Path.Combine(_directory, key);
            await File.WriteAllTextAsync(file, "kX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU");
            File.SetUnixFileMode(file, UnixFileMode.UserRead); // as systemd makes them
        }

        string[] command = SystemdUnit.ValueOf("ExecStart").Replace("%i", $"{port}", StringComparison.Ordinal).Split(' ');
        Assert.Equal(["/usr/bin/dotnet", "/opt/tidings/Tidings.Server.dll"], command[..2]);
        (string Name, string Value)[] environment =
        [
            .. SystemdUnit.EnvironmentFile().Concat(SystemdUnit.Environment()).Select(variable => (variable.Name, variable.Value
                .Replace("%d/", $"{_directory}/", StringComparison.Ordinal)
                .Replace("Host=db.example;Database=tidings;Username=tidings_hub;SSL Mode=VerifyFull", database.ConnectionString(), StringComparison.Ordinal))),
        ];
        Assert.Contains(environment, variable => variable is ("TIDINGS__POSTGRESLOG__MIGRATEATSTART", "false"));
        (int code, _, string error) = await RunningCommand.RunAsync(["log", "migrate"], environment);
        Assert.True(code == 0, error);

        await using RunningCommand hub = RunningCommand.Start(command[2..], environment);
        Assert.Equal(port, (await hub.HubAsync()).Port);
        using var client = new HttpClient();
        await Probe.WaitAsync(client, new Uri($"http://127.0.0.1:{port}/healthz/ready"), HttpStatusCode.OK);
        hub.Signal(SystemdUnit.ValueOf("KillSignal")["SIG".Length..]);
        Assert.Equal(0, (await hub.EndAsync()).Code);
    }

    [Fact]
    public void It_waits_for_longer_than_a_hub_takes_to_stop_and_tries_no_wrong_setting_again()
    {
        Assert.InRange(TimeSpan.FromSeconds(int.Parse(SystemdUnit.ValueOf("TimeoutStopSec"), System.Globalization.CultureInfo.InvariantCulture)), TidingsLifetime.LongestDrain(new TidingsOptions()) * 1.5, TimeSpan.FromMinutes(1));
        Assert.Equal($"{(int)ExitCode.Usage}", SystemdUnit.ValueOf("RestartPreventExitStatus"));
    }
}
