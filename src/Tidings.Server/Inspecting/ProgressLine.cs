namespace Tidings.Server;

/// <summary>One line on a terminal that tells how far a long operation has come. Into a file or a pipe nothing is written.</summary>
internal sealed class ProgressLine(Terminal terminal) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly bool _isShown = terminal.IsErrorSeen && terminal.Variable("TERM") != "dumb";
    private long? _shownAt;

    /// <summary>Shows <paramref name="text"/> instead of what was shown before, but not more often than anybody can read.</summary>
    public void Show(string text)
    {
        if (_isShown && (_shownAt is null || terminal.Time.GetElapsedTime(_shownAt.Value) >= Interval))
        {
            _shownAt = terminal.Time.GetTimestamp();
            terminal.Error.Write($"\r\e[K{text} …");
        }
    }

    public void Clear()
    {
        if (_shownAt is not null)
        {
            _shownAt = null;
            terminal.Error.Write("\r\e[K");
        }
    }

    public void Dispose() => Clear();
}
