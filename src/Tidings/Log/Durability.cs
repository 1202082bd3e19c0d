namespace Tidings;

/// <summary>When an event counts as stored, and so what an acknowledged event survives.</summary>
public enum Durability
{
    /// <summary>When the disk has it: it survives a crash of the process, of the system, and loss of power.</summary>
    Disk,

    /// <summary>
    /// When the operating system has it: it survives a crash of the process. Loss of power may take the newest events, never one in the middle, and a reader who
    /// had seen them is told a gap.
    /// </summary>
    Os,

    /// <summary>
    /// When the operating system has it, and nothing is ever synced: it survives a crash of the process. Loss of power may damage the log, which is then refused at the next start.
    /// </summary>
    Memory,

    /// <summary>When the process has it: it ends with the process, and a reader who comes back later is told a gap.</summary>
    Process,
}
