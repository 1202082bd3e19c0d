using Microsoft.Data.Sqlite;

namespace Tidings.Faults.Tests.Host;

/// <summary>The directory of a log on disk, for as long as a test needs it.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const string Database = "log.db";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("tidings-data-");

    /// <summary>Where the server keeps its log; the server makes it.</summary>
    public string Path => System.IO.Path.Combine(_root.FullName, "log");

    /// <summary>
    /// Has SQLite itself, and then <c>tidings log verify</c>, check a copy of the files as they lie there, with the server gone: opening the files themselves would do the recovery that the next server
    /// is to be tested with.
    /// </summary>
    public async Task CheckIntegrityAsync()
    {
        string copy = System.IO.Path.Combine(_root.FullName, "copy");
        Directory.CreateDirectory(copy);
        foreach (string suffix in (ReadOnlySpan<string>)["", "-wal"])
        {
            string file = System.IO.Path.Combine(Path, Database + suffix);
            if (File.Exists(file))
            {
                File.Copy(file, System.IO.Path.Combine(copy, Database + suffix));
            }
        }

        Assert.Equal("ok", Ask(System.IO.Path.Combine(copy, Database), "ReadWrite", "PRAGMA integrity_check"));
        (int code, string output) = await HostProcess.RunCommandAsync("log", "verify", "--data", copy);
        Assert.True(code == 0, output);
        Directory.Delete(copy, recursive: true);
    }

    /// <summary>Keeps a copy of the files as they lie there, with the server gone.</summary>
    public void Keep() => CopyFiles(Path, Kept);

    /// <summary>Has <c>tidings log backup</c> make a copy, also while the server runs.</summary>
    public async Task BackUpAsync()
    {
        (int code, string output) = await HostProcess.RunCommandAsync("log", "backup", Kept, "--data", Path);
        Assert.True(code == 0, output);
    }

    /// <summary>Puts the copy in the place of the files, with the server gone: as a disk does that has lost what it said it had.</summary>
    public void PutBack()
    {
        Directory.Delete(Path, recursive: true);
        CopyFiles(Kept, Path);
    }

    /// <summary>Waits until the server, which runs, has removed every event.</summary>
    public async Task WaitUntilEmptyAsync()
    {
        while (Ask(System.IO.Path.Combine(Path, Database), "ReadOnly", "SELECT count(*) FROM event") is not 0L)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    public void Dispose() => _root.Delete(recursive: true);

    private string Kept => System.IO.Path.Combine(_root.FullName, "kept");

    private static void CopyFiles(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, System.IO.Path.Combine(to, System.IO.Path.GetFileName(file)));
        }
    }

    private static object? Ask(string database, string mode, string question)
    {
        using var connection = new SqliteConnection($"Data Source={database};Mode={mode};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = question;
        return command.ExecuteScalar();
    }
}
