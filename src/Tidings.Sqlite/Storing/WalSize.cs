namespace Tidings;

/// <summary>
/// Estimates how many pages the write-ahead log has gained, so that it is moved into the database in time, without asking the file system after each batch.
/// </summary>
internal sealed class WalSize
{
    private const int PageBytes = 4096;
    private const int PagesPerCommit = 3; // the row of the log's end, the last page of events, and those above it
    private const int RowBytes = 100;

    /// <summary>From here on pages are moved after a batch, as far as readers let.</summary>
    public const int PassivePages = 4000;

    /// <summary>From here on the file is shortened, too: 64 MiB.</summary>
    public const int TruncatePages = 64 * 1024 * 1024 / PageBytes;

    /// <summary>Pages since the file was empty.</summary>
    public long Pages { get; private set; }

    /// <summary>Pages since some were moved.</summary>
    public long PagesToMove { get; private set; }

    public void Add(int events, long bytes)
    {
        long pages = PagesPerCommit + (((events * (long)RowBytes) + bytes) / PageBytes);
        Pages += pages;
        PagesToMove += pages;
    }

    public void Moved() => PagesToMove = 0;

    public void Emptied()
    {
        Pages = 0;
        PagesToMove = 0;
    }
}
