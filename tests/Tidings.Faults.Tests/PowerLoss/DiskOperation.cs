namespace Tidings.Faults.Tests.PowerLoss;

/// <summary>One thing that a server does to its files, or tells a publisher, in the order in which the system saw it.</summary>
internal abstract record DiskOperation;

/// <summary>A file is made, or opened if it is there.</summary>
internal sealed record OpenFile(string Path) : DiskOperation;

/// <summary>Bytes are written to a file.</summary>
internal sealed record WriteFile(string Path, long Offset, byte[] Bytes) : DiskOperation;

/// <summary>A file is cut, or made longer by zeros.</summary>
internal sealed record TruncateFile(string Path, long Length) : DiskOperation;

/// <summary>A file's name is removed.</summary>
internal sealed record RemoveFile(string Path) : DiskOperation;

/// <summary>A file, or a directory with the names in it, is on the disk with all that it holds.</summary>
internal sealed record Synced(string Path) : DiskOperation;

/// <summary>A publisher is told that its event is stored.</summary>
internal sealed record Acknowledged(string Id) : DiskOperation;
