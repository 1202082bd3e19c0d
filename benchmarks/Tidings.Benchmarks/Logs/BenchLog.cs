namespace Tidings.Benchmarks;

/// <summary>A log on disk with many events in it, made by the log itself.</summary>
internal sealed class BenchLog : IDisposable
{
    private const int Batch = 1000;

    private BenchLog(string directory)
    {
        Path = directory;
    }

    public string Path { get; }

    public static async Task<BenchLog> FillAsync(int events, int dataBytes)
    {
        var filled = new BenchLog(Directory.CreateTempSubdirectory("tidings-bench-").FullName);
        await using SqliteEventLog log = SqliteEventLog.Open(new SqliteLogOptions { Directory = filled.Path, Durability = Durability.Memory }, TimeProvider.System);
        byte[] body = System.Text.Encoding.UTF8.GetBytes($"data: {new string('x', dataBytes)}\n");
        for (int done = 0; done < events; done += Batch)
        {
            await log.AppendAsync(
                [.. Enumerable.Range(done, Batch).Select(number => new PendingEvent(["bench"], body, (ulong)number + 1, TimeProvider.System.GetUtcNow()))], default);
        }

        return filled;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
