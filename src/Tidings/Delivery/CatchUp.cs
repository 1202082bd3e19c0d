using System.Diagnostics.CodeAnalysis;

namespace Tidings;

/// <summary>
/// Reads, at the pace of one reader, the events between its cursor and its cut: from the ring where it still has them, else from the log in pages.
/// Holds at most one page.
/// </summary>
/// <remarks>Belongs to one reader; not thread-safe.</remarks>
internal sealed class CatchUp(IEventLog log, FrameRing ring, EventIdCodec codec)
{
    /// <summary>How many events a page has at most. A reader that stalls holds its page for as long as it may: small enough for a thousand of them, large enough to be worth a transaction.</summary>
    internal const int MaxPageEvents = 64;

    private static readonly PageLimit Page = new(MaxPageEvents, 16 * 1024);

    private LogPage? _page;
    private int _next;
    private PageFrames? _frames; // Of the page.
    private FramedEvent? _framed; // Set if the event that was found last is in the ring; otherwise it is the last one that was taken from the page.

    /// <summary>Whether a page is at hand.</summary>
    public bool HasPage => _page is not null;

    /// <summary>
    /// Goes to the event after <paramref name="cursor"/>, if it is at hand; the cursor is its place then. Moves the cursor over places that hold no event.
    /// </summary>
    public bool TryNext(ref long cursor, long cut, [NotNullWhen(true)] out PendingEvent? content)
    {
        _framed = null;
        if (TryNextOfPage(ref cursor, cut, out content))
        {
            return true;
        }

        content = TryNextOfRing(ref cursor, cut, out _framed) ? _framed.Content : null;
        return content is not null;
    }

    /// <summary>The frame of the event that <see cref="TryNext"/> went to. What the reader does not select is never encoded.</summary>
    public ReadOnlyMemory<byte> Frame() => _framed?.Frame ?? _frames!.Frame(_next - 1); // not null: the event came from one of the two

    /// <summary>Says whether <see cref="TryNext"/> can go on without the log.</summary>
    public bool IsAtHand(long cursor) => _page is not null || ring.TryGet(cursor + 1, out _);

    /// <summary>Reads the next page from the log and returns its floor: above <paramref name="cursor"/> + 1, events are gone.</summary>
    public async ValueTask<LogPage> LoadAsync(long cursor, CancellationToken cancellationToken)
    {
        _page = await log.ReadAsync(cursor, Page, cancellationToken).ConfigureAwait(false);
        _frames = new PageFrames(_page.Events, codec);
        _next = 0;
        return _page;
    }

    /// <summary>Forgets the page at hand.</summary>
    public void Forget()
    {
        _page = null;
        _frames = null;
    }

    private bool TryNextOfPage(ref long cursor, long cut, [NotNullWhen(true)] out PendingEvent? content)
    {
        content = null;
        if (_page is null)
        {
            return false;
        }

        if (_next < _page.Events.Count && _page.Events[_next].Sequence <= cut)
        {
            LoggedEvent logged = _page.Events[_next++];
            cursor = logged.Sequence;
            content = logged.Content;
            return true;
        }

        cursor = Math.Max(cursor, Math.Min(_page.Through, cut));
        Forget();
        return false;
    }

    private bool TryNextOfRing(ref long cursor, long cut, [NotNullWhen(true)] out FramedEvent? framed)
    {
        framed = null;
        if (cursor < cut && ring.TryGet(cursor + 1, out framed))
        {
            cursor++;
            return true;
        }

        return false;
    }
}
