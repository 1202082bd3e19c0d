namespace Tidings;

/// <summary>What a response is written from: a sequence of frames that is read at the pace of whoever reads. One reader at a time.</summary>
public interface IFrameReader
{
    /// <summary>
    /// Waits until <see cref="TryRead"/> is worth a try. True does not promise a frame; false says that there will never be another one.
    /// One wait at a time. A waiting reader costs no task, no timer and no allocation.
    /// </summary>
    ValueTask<bool> WaitToReadAsync();

    /// <summary>Takes the next frame if it is at hand.</summary>
    bool TryRead(out ReadOnlyMemory<byte> frame);

    /// <summary>Ends the current or next wait early, as if there were something to read. From any thread.</summary>
    void Wake();

    /// <summary>Ends the reading: the current or next wait returns false. From any thread.</summary>
    void Close();
}
