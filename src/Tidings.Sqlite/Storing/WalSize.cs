namespace Tidings;

/// <summary>How large the write-ahead log is: when it is to be moved into the database, and when its file is to be shortened.</summary>
/// <remarks>The file does not tell what is in it: SQLite writes from its beginning again when everything was moved. So that is estimated.</remarks>
internal sealed class WalSize(string path)
{
    // From here on pages are moved after a batch, as far as readers let.
    private const int MaxPagesToMove = 4000;

    // From here on the file is shortened, too.
    private const long MaxFileBytes = 64 * 1024 * 1024;

    private const int PageBytes = 4096;
    private const int PagesPerCommit = 3; // the row of the log's end, the last page of events, and those above it
    private const int RowBytes = 100;

    private long _pagesToMove;
    private bool _isHeld; // Whether readers were in the way when the file was to be shortened last.

    public bool IsEmpty => FileBytes == 0;

    private long FileBytes => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    /// <summary>Counts a transaction.</summary>
    /// <param name="rows">How many events it has stored or removed.</param>
    /// <param name="bytes">How many bytes these have, beside what every row needs.</param>
    public void Add(int rows, long bytes) => _pagesToMove += PagesPerCommit + (((rows * (long)RowBytes) + bytes) / PageBytes);

    /// <summary>Says whether pages are to be moved now, and whether the file is to be shortened with them.</summary>
    public bool IsDue(out bool truncate)
    {
        truncate = FileBytes >= MaxFileBytes;

        // Shortening waits for readers. Where they did not make way, it is not tried after every batch.
        return _pagesToMove >= MaxPagesToMove || (truncate && !_isHeld);
    }

    public void Moved() => _pagesToMove = 0;

    /// <summary>Notes whether the file was shortened.</summary>
    public void Truncated(bool isDone) => _isHeld = !isDone;
}
