using System.Collections.Concurrent;

namespace Tidings;

/// <summary>
/// Wakes the readers that waited when something was offered to them: many in one turn of the thread pool, because a turn for each costs more than what it does. What is added between two calls of
/// <see cref="Flush"/> is one round, and somebody may wait for its end: what comes meanwhile is then offered together, and written together.
/// </summary>
/// <remarks>One thread at a time adds and flushes; the thread pool wakes.</remarks>
internal sealed class WakeUps
{
    // Enough that a turn is worth its price, and so few that it ends within a millisecond and others get theirs.
    private const int ReadersPerTurn = 64;

    private readonly ConcurrentQueue<Turn> _free = new(); // Never more than there were readers at once.
    private Round? _round;
    private Turn? _next;
    private volatile Task _roundOver = Task.CompletedTask;

    /// <summary>Completes when the round is over that is under way; completed if none is. From any thread.</summary>
    public Task RoundOver => _roundOver;

    /// <summary>Adds a reader that was found waiting; it is woken now or with <see cref="Flush"/>.</summary>
    public void Add(Subscriber reader)
    {
        if (_next is null)
        {
            _round ??= BeginRound();
            _next = _free.TryDequeue(out Turn? free) ? free : new Turn(_free);
            _next.Begin(_round);
        }

        if (_next.Add(reader))
        {
            ThreadPool.UnsafeQueueUserWorkItem(_next, preferLocal: false);
            _next = null;
        }
    }

    /// <summary>Wakes whoever was added, and completes <paramref name="done"/> when each of them has gone on as far as it could without waiting.</summary>
    public void Flush(TaskCompletionSource? done = null)
    {
        // The last ones here and now: with few readers, as most topics have, there is no other thread to wait for.
        _next?.Execute();
        _next = null;
        if (_round is null)
        {
            done?.SetResult();
            return;
        }

        _round.End(done);
        _round = null;
    }

    private Round BeginRound()
    {
        var round = new Round();
        _roundOver = round.Over;
        return round;
    }

    private sealed class Round
    {
        private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _unfinished = 1; // The turns, and the round itself while readers are added.
        private TaskCompletionSource? _done;

        public Task Over => _over.Task;

        public void BeginTurn() => Interlocked.Increment(ref _unfinished);

        public void EndTurn()
        {
            if (Interlocked.Decrement(ref _unfinished) == 0)
            {
                _over.SetResult();
                _done?.SetResult();
            }
        }

        public void End(TaskCompletionSource? done)
        {
            _done = done;
            EndTurn();
        }
    }

    private sealed class Turn(ConcurrentQueue<Turn> free) : IThreadPoolWorkItem
    {
        private readonly Subscriber[] _readers = new Subscriber[ReadersPerTurn];
        private Round? _round;
        private int _count;

        public void Begin(Round round)
        {
            _round = round;
            round.BeginTurn();
        }

        /// <summary>Adds a reader, and says whether there is no room for another one.</summary>
        public bool Add(Subscriber reader)
        {
            _readers[_count++] = reader;
            return _count == ReadersPerTurn;
        }

        public void Execute()
        {
            foreach (Subscriber reader in _readers.AsSpan(0, _count))
            {
                reader.Resume();
            }

            Array.Clear(_readers, 0, _count);
            _count = 0;
            Round? round = _round;
            _round = null;
            free.Enqueue(this);
            round?.EndTurn();
        }
    }
}
