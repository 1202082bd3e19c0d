using System.Runtime.Versioning;

namespace Tidings.Server.Tests.Nodes;

/// <summary>What the files of <c>deploy/</c> name must exist: no container runs in a test.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class DeployFilesTests
{
    private static readonly ComposeFile Compose = new();

    // What the stages of the image of the hub begin with.
    private static string[] Bases => [.. Repository.Read("deploy/Dockerfile").Split('\n').Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1])];

    [Fact]
    public void Every_image_is_of_one_version()
    {
        Assert.Equal(2, Bases.Length);
        Assert.NotEmpty(Compose.Images);
        Assert.All([.. Bases, .. Compose.Images], image => Assert.Matches(@":\d+\.\d+(\.\d+)?(-[a-z]+)?$", image));
    }

    [Fact]
    public void The_image_of_the_hub_has_a_runtime_without_known_holes()
    {
        Assert.Contains("/aspnet:", Bases[^1], StringComparison.Ordinal);
        Assert.Null(RuntimeFloor.Complaint(Bases[^1].Split(':')[1]));
    }

    [Fact]
    public void What_is_mounted_copied_and_run_exists()
    {
        Assert.NotEmpty(Compose.Mounts);
        Assert.All(Compose.Mounts, mount => Assert.True(Path.Exists(Repository.PathOf($"deploy/{mount}")), mount));
        Assert.All(
            Repository.Read("deploy/Dockerfile.dockerignore").Split('\n').Where(line => line.StartsWith('!')),
            line => Assert.True(Path.Exists(Repository.PathOf(line[1..])), line));
        string dockerfile = Repository.Read("deploy/Dockerfile");
        Assert.Contains("dotnet publish src/Tidings.Server ", dockerfile, StringComparison.Ordinal);
        Assert.Contains("ENTRYPOINT [\"dotnet\", \"/app/Tidings.Server.dll\"]", dockerfile, StringComparison.Ordinal);
        Assert.Contains("dockerfile: deploy/Dockerfile\n", Compose.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_is_one_that_the_hub_reads()
    {
        string[] names =
        [
            .. Compose.EnvironmentOf("x-hub").Select(variable => variable.Name),
            .. Compose.EnvironmentOf("migrate").Select(variable => variable.Name),
            .. SystemdUnit.Environment().Select(variable => variable.Name),
            .. SystemdUnit.EnvironmentFile().Select(variable => variable.Name),
        ];
        string[] settings = [.. names.Where(name => name.StartsWith("TIDINGS", StringComparison.Ordinal))];
        Assert.True(settings.Length > 10, string.Join(' ', settings));
        Assert.All(settings, name => Assert.True(KnownSettings.Contains(name), name));
        Assert.False(KnownSettings.Contains("TIDINGS__POSTGRESLOG__MIGRATESTART"));
        Assert.Empty(names.Except([.. settings, "ASPNETCORE_URLS", "DOTNET_EnableDiagnostics", "PGPASSFILE"], StringComparer.Ordinal));
    }

    [Fact]
    public void Nothing_runs_as_root_and_no_password_stands_in_a_file_of_the_repository()
    {
        Assert.Contains("user: \"${RUN_AS:?", Compose.Text, StringComparison.Ordinal);
        Assert.Equal(3, Compose.Text.Split("<<: *limits\n").Length - 1); // the database, the proxy, and what is of Tidings
        foreach (string file in Directory.EnumerateFiles(Repository.PathOf("deploy"), "*", SearchOption.AllDirectories).Where(file => !file.Contains("/secrets/", StringComparison.Ordinal)))
        {
            Assert.DoesNotMatch(@"(?i)(password|PGPASSWORD|KEY)(=|: "")[^/$:\s""]", File.ReadAllText(file));
        }
    }

    [Fact]
    public async Task Preparing_makes_every_secret_for_its_owner_alone_and_changes_none_that_is_there()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("tidings-prepare-");
        try
        {
            string deploy = root.CreateSubdirectory("deploy").FullName;
            File.Copy(Repository.PathOf("deploy/prepare"), Path.Combine(deploy, "prepare"));
            await PrepareAsync(deploy);
            string[] files = [.. Compose.SecretFiles.Select(file => Path.Combine(deploy, file))];
            Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
            Assert.Equal(files.Order(StringComparer.Ordinal), Directory.GetFiles(Path.Combine(deploy, "secrets")).Order(StringComparer.Ordinal));
            string[] before = [.. files.Append(Path.Combine(deploy, ".env")).Select(File.ReadAllText)];
            Assert.Equal(before.Length, before.Distinct(StringComparer.Ordinal).Count());
            Assert.Contains("HUB_NAME=hub.example\n", before[^1], StringComparison.Ordinal);
            Assert.DoesNotContain("RUN_AS=0:", before[^1], StringComparison.Ordinal);

            await PrepareAsync(deploy);
            Assert.Equal(before, files.Append(Path.Combine(deploy, ".env")).Select(File.ReadAllText));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static Task<string> PrepareAsync(string directory) => Tool.RunAsync("/bin/bash", Path.Combine(directory, "prepare"), "hub.example");
}
