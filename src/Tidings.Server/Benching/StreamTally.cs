namespace Tidings.Server;

/// <summary>What all streams of a run have received.</summary>
internal sealed class StreamTally
{
    /// <summary>Events of the run, on all streams.</summary>
    public long Deliveries { get; set; }

    /// <summary>When the newest of them came.</summary>
    public long LastDelivery { get; set; }

    /// <summary>Latencies are those of events that were meant to be sent at this time or later.</summary>
    public long MeasuredFrom { get; set; } = long.MaxValue;

    /// <summary>From the time an event was meant to be sent to when it was read from a stream.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Events that are not of the run, or not whole.</summary>
    public long Foreign { get; set; }

    /// <summary>Gaps that the hub itself has told.</summary>
    public long ToldGaps { get; set; }

    /// <summary>Streams that the server has opened.</summary>
    public int Opened { get; set; }

    /// <summary>Streams that have seen an event of any kind, so that they see every later one.</summary>
    public int Listening { get; set; }

    /// <summary>Streams that the server has ended.</summary>
    public int Closed { get; set; }
}
