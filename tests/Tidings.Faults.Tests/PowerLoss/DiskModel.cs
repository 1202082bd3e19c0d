namespace Tidings.Faults.Tests.PowerLoss;

/// <summary>
/// A disk as a loss of power finds it: what was synced is there, and of what was not, any part may be, in any order, and torn within sectors of 512 bytes. A file's name is
/// there for sure only when its directory was synced.
/// </summary>
internal sealed class DiskModel
{
    private const int SectorBytes = 512;
    private const string Directory = ".";

    private readonly Dictionary<string, FileState> _files = new(StringComparer.Ordinal); // By name, as the running system sees them.
    private readonly Dictionary<string, FileState> _names = new(StringComparer.Ordinal); // As the disk has them.
    private readonly List<(string Name, FileState? File)> _unsyncedNames = []; // No file: the name is removed.

    public void Apply(DiskOperation operation)
    {
        switch (operation)
        {
            case OpenFile open when !_files.ContainsKey(open.Path):
                var made = new FileState();
                _files.Add(open.Path, made);
                _unsyncedNames.Add((open.Path, made));
                break;
            case RemoveFile remove:
                _files.Remove(remove.Path);
                _unsyncedNames.Add((remove.Path, null));
                break;
            case WriteFile or TruncateFile when _files.TryGetValue(PathOf(operation), out FileState? file):
                file.Unsynced.Add(operation);
                break;
            case Synced { Path: Directory }:
                Keep(_names, _unsyncedNames);
                _unsyncedNames.Clear();
                break;
            case Synced synced when _files.TryGetValue(synced.Path, out FileState? file):
                file.Unsynced.ForEach(unsynced => Apply(file.Content, unsynced, static _ => true));
                file.Unsynced.Clear();
                break;
        }
    }

    /// <summary>Writes the files as they may be when the power comes back, to a directory that exists.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="survival">How much of what was not synced survived.</param>
    /// <param name="random">What exactly.</param>
    public void WriteImage(string directory, Survival survival, Random random)
    {
        var names = new Dictionary<string, FileState>(_names, StringComparer.Ordinal);
        Keep(names, _unsyncedNames.Where(_ => Survives(survival, random)));
        foreach ((string name, FileState file) in names)
        {
            var content = new List<byte>(file.Content);
            foreach (DiskOperation unsynced in file.Unsynced.Where(_ => Survives(survival, random)))
            {
                bool isTorn = survival == Survival.Some && random.Next(3) == 0;
                Apply(content, unsynced, _ => !isTorn || random.Next(2) == 0);
            }

            File.WriteAllBytes(Path.Combine(directory, name), [.. content]);
        }
    }

    private static bool Survives(Survival survival, Random random) => survival switch
    {
        Survival.Nothing => false,
        Survival.Everything => true,
        _ => random.Next(2) == 0,
    };

    private static string PathOf(DiskOperation operation) => operation is WriteFile write ? write.Path : ((TruncateFile)operation).Path;

    private static void Keep(Dictionary<string, FileState> names, IEnumerable<(string Name, FileState? File)> changes)
    {
        foreach ((string name, FileState? file) in changes)
        {
            if (file is null)
            {
                names.Remove(name);
            }
            else
            {
                names[name] = file;
            }
        }
    }

    private static void Apply(List<byte> content, DiskOperation operation, Func<long, bool> survives)
    {
        if (operation is TruncateFile truncate)
        {
            Resize(content, (int)truncate.Length);
            return;
        }

        var write = (WriteFile)operation;
        for (int start = 0; start < write.Bytes.Length;)
        {
            long at = write.Offset + start;
            int length = (int)Math.Min(write.Bytes.Length - start, SectorBytes - (at % SectorBytes));
            if (survives(at / SectorBytes))
            {
                Resize(content, Math.Max(content.Count, (int)at + length));
                for (int i = 0; i < length; i++)
                {
                    content[(int)at + i] = write.Bytes[start + i];
                }
            }

            start += length;
        }
    }

    private static void Resize(List<byte> content, int length)
    {
        if (length < content.Count)
        {
            content.RemoveRange(length, content.Count - length);
        }
        else
        {
            content.AddRange(new byte[length - content.Count]);
        }
    }

    private sealed class FileState
    {
        public List<byte> Content { get; } = [];

        public List<DiskOperation> Unsynced { get; } = [];
    }
}

/// <summary>How much of what was not synced survives a loss of power.</summary>
internal enum Survival
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Everything, in order.</summary>
    Everything,

    /// <summary>Any part of it, torn within.</summary>
    Some,
}
