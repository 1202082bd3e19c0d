using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tidings.Faults.Tests.FaultBuild;

/// <summary>
/// The product with switches: a copy of its source under artifacts, with the kill points and the seeded bugs edited in, built into the app that the fault tests use.
/// The product itself knows nothing of it. Built once; again only when the source or an edit has changed.
/// </summary>
internal static class SwitchedHost
{
    private const string HostProject = "tests/Tidings.FaultHost";
    private const string Switches = "tests/Tidings.Faults.Tests/FaultBuild/Switches.cs";

    private static readonly string[] Folders = ["src/Tidings", "src/Tidings.AspNetCore", "src/Tidings.Postgres", "src/Tidings.Sqlite", HostProject];

    private static readonly string[] Files =
        ["Directory.Build.props", "Directory.Packages.props", "BannedSymbols.txt", "global.json", "src/Directory.Build.props", "tests/Directory.Build.props", "src/tidings.js/tidings.js"];

    private static readonly Lazy<Task<string>> Built = new(() => Task.Run(BuildAsync));

    /// <summary>The directory of the app, built with every switch, all of them off.</summary>
    public static Task<string> DirectoryAsync() => Built.Value;

    /// <summary>The source of the build by its place in the repository.</summary>
    /// <exception cref="InvalidOperationException">An edit does not fit any more; the message says which.</exception>
    public static SortedDictionary<string, byte[]> Source()
    {
        var source = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string file in Files.Concat(Folders.SelectMany(FilesOf)))
        {
            source.Add(file, File.ReadAllBytes(Path.Combine(Repository.Root, file)));
        }

        foreach (IGrouping<string, (string Name, SourceEdit Edit)> edits in Edits().GroupBy(named => named.Edit.File))
        {
            string text = source.TryGetValue(edits.Key, out byte[]? bytes)
                ? Encoding.UTF8.GetString(bytes)
                : throw new InvalidOperationException($"The edit \"{edits.First().Name}\" no longer applies: there is no {edits.Key}.");
            source[edits.Key] = Encoding.UTF8.GetBytes(SourceEdit.Apply(text, edits));
        }

        source.Add("src/Tidings/Switches.cs", File.ReadAllBytes(Path.Combine(Repository.Root, Switches)));
        return source;
    }

    private static IEnumerable<(string Name, SourceEdit Edit)> Edits() =>
        BugCatalogue.Groundwork.Select(edit => ("groundwork", edit))
            .Concat(KillPoints.All.Concat(ClusterKillPoints.All).Select(point => (point.Name, point.Edit)).DistinctBy(named => named.Edit))
            .Concat(ClusterBugs.Groundwork.Select(edit => ("groundwork", edit)))
            .Concat(BugCatalogue.All.Concat(ClusterBugs.All).SelectMany(bug => bug.Edits.Select(edit => (bug.Name, edit))));

    private static IEnumerable<string> FilesOf(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => !file.Split('/').Any(part => part is "bin" or "obj"));

    private static async Task<string> BuildAsync()
    {
        string root = Path.Combine(Repository.Root, "artifacts", "fault-build");
        string output = Path.Combine(root, HostProject, "bin", "Release", "net10.0");
        string stampFile = Path.Combine(root, "built");
        SortedDictionary<string, byte[]> source = Source();
        string stamp = StampOf(source);
        if (File.Exists(stampFile) && await File.ReadAllTextAsync(stampFile) == stamp)
        {
            return output;
        }

        Directory.CreateDirectory(root);
        File.Delete(stampFile);
        Write(root, source);
        await RunBuildAsync(root);
        await File.WriteAllTextAsync(stampFile, stamp);
        return output;
    }

    private static string StampOf(SortedDictionary<string, byte[]> source)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string file, byte[] content) in source)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{file}\0{content.Length.ToString(CultureInfo.InvariantCulture)}\0"));
            hash.AppendData(content);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    // What has not changed is left alone, so that the compiler leaves it alone, too.
    private static void Write(string root, SortedDictionary<string, byte[]> source)
    {
        foreach ((string file, byte[] content) in source)
        {
            string path = Path.Combine(root, file);
            if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path) ?? root);
                File.WriteAllBytes(path, content);
            }
        }

        foreach (string path in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories))
        {
            string file = Path.GetRelativePath(root, path);
            if (!source.ContainsKey(file) && !file.Contains("/obj/", StringComparison.Ordinal))
            {
                File.Delete(path);
            }
        }
    }

    private static async Task RunBuildAsync(string root)
    {
        // Nothing that the build starts may stay behind, and the analyzers have seen the source before it was edited.
        string[] arguments =
        [
            "build", HostProject, "-c", "Release", "-v", "q", "--nologo", "-clp:NoSummary", "-nodeReuse:false",
            "-p:UseSharedCompilation=false", "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false", "-p:TreatWarningsAsErrors=false",
            "-p:GenerateDocumentationFile=false", "-p:RestoreLockedMode=true", "-nowarn:CS1591",
        ];
        DirectoryInfo temporary = Directory.CreateTempSubdirectory("tidings-build-"); // dotnet build leaves directories of its own
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet, arguments)
        {
            WorkingDirectory = root,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TMPDIR"] = temporary.FullName },
        };
        using Process build = Process.Start(start) ?? throw new InvalidOperationException("dotnet build was not started.");
        Task<string> output = build.StandardOutput.ReadToEndAsync();
        Task<string> errors = build.StandardError.ReadToEndAsync();
        await build.WaitForExitAsync();
        temporary.Delete(recursive: true);
        if (build.ExitCode != 0)
        {
            throw new InvalidOperationException($"The fault build failed:\n{await output}{await errors}");
        }
    }
}
