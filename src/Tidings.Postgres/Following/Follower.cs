using System.Runtime.CompilerServices;
using Npgsql;

namespace Tidings;

/// <summary>
/// Follows the log over a connection of its own. A notification of PostgreSQL's only wakes it; what it hands out is what it reads, by sequence, so a lost notification costs time and never an event.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="pages">How it is read.</param>
/// <param name="shown">What was handed out, for the check that it is still there.</param>
/// <param name="pollInterval">How long a notification is waited for.</param>
/// <param name="isGoingOn">Whether it goes on where another one ended, and so may still have what retention took a moment ago. One that begins is told of it as any reader is.</param>
/// <param name="forksTold">How many forks need not be told any more: a fork that is noticed between two followers is told by the second.</param>
internal sealed class Follower(Database database, PageReader pages, ShownPlace shown, TimeSpan pollInterval, bool isGoingOn, long forksTold)
{
    // What is handed over at once: large enough to keep up, small enough to let others have the dispatcher in between.
    private static readonly PageLimit TailPage = new(512, 1024 * 1024);

    private volatile bool _isNotified;

    /// <summary>Up to where everything was handed out.</summary>
    public long Through { get; private set; }

    /// <summary>How many forks have been told.</summary>
    public long ForksTold { get; private set; } = forksTold;

    public async IAsyncEnumerable<LogPage> RunAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Through = after;
        using NpgsqlConnection connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        connection.Notification += (_, _) => _isNotified = true;
        try
        {
            await ExecuteAsync(connection, $"LISTEN {database.Channel}", cancellationToken).ConfigureAwait(false);
            bool mustCheck = true;
            bool isBeginning = !isGoingOn;
            bool mustTell = isGoingOn; // Where one follower ended and another goes on, the database was away, and somebody waits to hear that it is back.
            while (true)
            {
                if (mustCheck)
                {
                    await shown.CheckAsync(connection, cancellationToken).ConfigureAwait(false);
                }

                _isNotified = false;
                (LogPage page, Bounds bounds) = await pages.ReadTailAsync(connection, Through, TailPage, isBeginning, cancellationToken).ConfigureAwait(false);
                mustCheck = !shown.IsOf(bounds.Epoch);
                if (mustCheck)
                {
                    continue;
                }

                if (shown.Forks != ForksTold)
                {
                    // What was handed out is of another branch. This page says so, and the next one goes on behind everything that was shown.
                    ForksTold = shown.Forks;
                    page = new LogPage([], page.Events.Count > 0 ? page.Events[0].Sequence - 1 : page.Through, page.Floor) { IsFork = true };
                }

                isBeginning = false;
                if (page.Through > Through || page.IsFork || (mustTell && page.Through == Through))
                {
                    mustTell = false;
                    Note(page);
                    Through = page.Through;
                    yield return page;
                }

                // Of what was committed after the snapshot a notification is still to come.
                if (Through >= bounds.Last && !_isNotified)
                {
                    await connection.WaitAsync(pollInterval, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            await ForgetAsync(connection).ConfigureAwait(false);
        }
    }

    private static async ValueTask ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    // The connection goes back to the others.
    private static async ValueTask ForgetAsync(NpgsqlConnection connection)
    {
        try
        {
            await ExecuteAsync(connection, "UNLISTEN *", CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure) when (Database.IsOfDatabase(failure) || failure is InvalidOperationException)
        {
            // It is broken, and goes nowhere.
        }
    }

    private void Note(LogPage page)
    {
        for (int i = page.Events.Count - 1; i >= 0; i--)
        {
            if (!page.Events[i].Content.IsLiveOnly)
            {
                shown.Note(page.Events[i].Sequence, page.Events[i].Content.Tag);
                return;
            }
        }
    }
}
