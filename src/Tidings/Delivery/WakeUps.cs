using System.Collections.Concurrent;

namespace Tidings;

/// <summary>
/// Wakes the readers that waited when something was offered to them: many in one turn of the thread pool, because a turn for each costs more than what it does.
/// </summary>
/// <remarks>The dispatcher's loop adds and flushes; the thread pool wakes.</remarks>
internal sealed class WakeUps
{
    // Enough that a turn is worth its price, and so few that a turn ends within a millisecond and others get theirs.
    private const int ReadersPerTurn = 64;

    private readonly ConcurrentQueue<Turn> _free = new(); // Never more than there were readers at once.
    private Turn? _next;

    /// <summary>Adds a reader that was found waiting; it is woken now or with <see cref="Flush"/>.</summary>
    public void Add(Subscriber reader)
    {
        _next ??= _free.TryDequeue(out Turn? free) ? free : new Turn(_free);
        if (_next.Add(reader))
        {
            Flush();
        }
    }

    /// <summary>Wakes whoever was added.</summary>
    public void Flush()
    {
        if (_next is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_next, preferLocal: false);
            _next = null;
        }
    }

    private sealed class Turn(ConcurrentQueue<Turn> free) : IThreadPoolWorkItem
    {
        private readonly Subscriber[] _readers = new Subscriber[ReadersPerTurn];
        private int _count;

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
            free.Enqueue(this);
        }
    }
}
