using System.Numerics;

namespace Tidings.Server;

/// <summary>Counts times in buckets that are at most 1.6 % wide, from a nanosecond to centuries, without allocating.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;

    private readonly long[] _counts = new long[(64 - SubBucketBits) * SubBuckets];
    private long _largest;

    public long Count { get; private set; }

    public TimeSpan Largest => Span(_largest);

    public void Record(long nanoseconds)
    {
        nanoseconds = Math.Max(0, nanoseconds);
        _counts[BucketOf(nanoseconds)]++;
        _largest = Math.Max(_largest, nanoseconds);
        Count++;
    }

    /// <summary>The time that the given share of all times does not exceed; zero if there are none.</summary>
    public TimeSpan Percentile(double share)
    {
        long rank = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= rank && seen > 0)
            {
                return Span(Math.Min(_largest, UpperBoundOf(bucket)));
            }
        }

        return TimeSpan.Zero;
    }

    // Below 64 ns a bucket for each; above, 64 buckets from each power of two to the next.
    private static int BucketOf(long nanoseconds)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)nanoseconds) - SubBucketBits);
        return (shift * SubBuckets) + (int)(nanoseconds >> shift);
    }

    private static long UpperBoundOf(int bucket)
    {
        int shift = Math.Max(0, (bucket / SubBuckets) - 1);
        return ((bucket - (shift * SubBuckets) + 1L) << shift) - 1;
    }

    private static TimeSpan Span(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}
