namespace Tidings.Sqlite.Tests;

/// <summary>A directory that is gone when the test is over.</summary>
internal sealed class TestDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tidings-log-").FullName;

    public string Database => System.IO.Path.Combine(Path, "log.db");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
