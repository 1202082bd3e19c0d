namespace Tidings;

/// <summary>When an event counts as stored.</summary>
public enum Durability
{
    /// <summary>When the disk has it (<c>synchronous=FULL</c>): it survives a crash of the process, of the system, and loss of power.</summary>
    Disk,

    /// <summary>
    /// When the operating system has it (<c>synchronous=NORMAL</c>): it survives a crash of the process. Loss of power may take the newest events, never one
    /// in the middle, and a reader who had seen them is told a gap.
    /// </summary>
    Os,

    /// <summary>
    /// When the operating system's memory has it (<c>synchronous=OFF</c>): it survives a crash of the process. Loss of power may damage the log, which is then refused at
    /// the next start.
    /// </summary>
    Memory,
}
