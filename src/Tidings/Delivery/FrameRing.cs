using System.Numerics;

namespace Tidings;

/// <summary>
/// The newest events that were dispatched, so that readers at the tip never ask the log. Bounded by count and by bytes; the newest one always stays.
/// </summary>
/// <remarks>One thread adds (the dispatcher's loop); any thread reads, without a lock: a slot either holds the event asked for or it does not.</remarks>
internal sealed class FrameRing
{
    private readonly FramedEvent?[] _slots;
    private readonly long _maxBytes;
    private long _oldest = 1; // Only the dispatcher's loop touches this and the two below.
    private long _newest;
    private long _bytes;

    public FrameRing(int capacity, long maxBytes)
    {
        _slots = new FramedEvent?[BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _maxBytes = maxBytes;
    }

    /// <summary>How many bytes of frames are held. For the dispatcher's loop.</summary>
    public long Bytes => _bytes;

    public bool TryGet(long sequence, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out FramedEvent? framed)
    {
        framed = Volatile.Read(ref Slot(sequence));
        return framed is not null && framed.Sequence == sequence;
    }

    public void Add(FramedEvent framed)
    {
        if (framed.Sequence - _oldest >= _slots.Length)
        {
            EvictBelow(framed.Sequence - _slots.Length + 1);
        }

        Volatile.Write(ref Slot(framed.Sequence), framed);
        _newest = framed.Sequence;
        _bytes += framed.Frame.Length;
        while (_bytes > _maxBytes && _oldest < _newest)
        {
            EvictBelow(_oldest + 1);
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => EvictBelow(_newest + 1);

    private void EvictBelow(long floor)
    {
        // After a hole in the log the floor may be far above the newest; there are never more events than slots to clear.
        for (long sequence = _oldest; sequence < floor && sequence <= _newest; sequence++)
        {
            ref FramedEvent? slot = ref Slot(sequence);
            if (slot is not null && slot.Sequence == sequence)
            {
                _bytes -= slot.Frame.Length;
                Volatile.Write(ref slot, null);
            }
        }

        _oldest = Math.Max(_oldest, floor);
    }

    private ref FramedEvent? Slot(long sequence) => ref _slots[sequence & (_slots.Length - 1)];
}
