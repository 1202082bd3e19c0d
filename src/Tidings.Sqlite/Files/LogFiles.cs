using System.Runtime.InteropServices;

namespace Tidings;

/// <summary>
/// The directory of a log and the right to write in it. The directory is its owner's alone, and so are the files; one process at a time holds the lock.
/// </summary>
internal sealed class LogFiles : IDisposable
{
    public const string DatabaseName = "log.db";
    private const string LockName = "lock";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersDirectory = OwnerOnly | UnixFileMode.UserExecute;

    // Whoever asks whether the log is in use holds the lock for an instant.
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(1);

    private readonly FileStream _lock;

    private LogFiles(string directory, FileStream held)
    {
        Directory = directory;
        _lock = held;
    }

    public string Directory { get; }

    public string Database => Path.Combine(Directory, DatabaseName);

    public string Wal => Database + "-wal";

    /// <summary>Makes what is missing and takes the lock.</summary>
    /// <exception cref="EventLogException">Another process has the log, or the directory cannot be used; the message says which.</exception>
    public static LogFiles Open(string directory) => Open(directory, LockPatience);

    /// <summary>As the other, with the time for which a lock that somebody else holds is tried again.</summary>
    public static LogFiles Open(string directory, TimeSpan patience)
    {
        directory = Path.GetFullPath(directory);
        try
        {
            MakeDirectory(directory);
            var files = new LogFiles(directory, TakeLock(directory, patience));
            try
            {
                files.MakeDatabase();
                return files;
            }
            catch
            {
                files.Dispose();
                throw;
            }
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new EventLogException($"The log in {directory} cannot be opened: {denied.Message} The directory must belong to the user who runs the hub.", denied);
        }
        catch (IOException failure)
        {
            throw new EventLogException($"The log in {directory} cannot be opened: {failure.Message}", failure);
        }
    }

    /// <summary>
    /// Says whether a process has the log open. Looking takes the lock for an instant, shared, because that is the only way to ask for it.
    /// </summary>
    public static bool IsInUse(string directory)
    {
        try
        {
            using var probe = new FileStream(Path.Combine(directory, LockName), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Makes the empty directory for a copy of a log; one that is there and empty will do.</summary>
    /// <exception cref="EventLogException">Something is there already, or it cannot be made.</exception>
    public static void MakeEmptyDirectory(string directory)
    {
        try
        {
            if (File.Exists(directory) || (System.IO.Directory.Exists(directory) && System.IO.Directory.EnumerateFileSystemEntries(directory).Any()))
            {
                throw new EventLogException($"{directory} is not empty. Name a directory that is, or one that does not exist yet. Nothing was written.");
            }

            MakeDirectory(directory);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new EventLogException($"{directory} cannot be made: {failure.Message}", failure);
        }
    }

    /// <summary>Makes an empty file that only its owner can read.</summary>
    public static void MakeFile(string path) => Create(path, FileMode.CreateNew, FileShare.ReadWrite).Dispose();

    /// <summary>Writes a file and its name to the disk.</summary>
    public static void SyncFile(string path)
    {
        using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            file.Flush(flushToDisk: true);
        }

        SyncDirectory(Path.GetDirectoryName(path)!); // a file is in a directory
    }

    public void Dispose() => _lock.Dispose();

    private static void MakeDirectory(string directory)
    {
        if (System.IO.Directory.Exists(directory))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(directory);
            return;
        }

        System.IO.Directory.CreateDirectory(directory, OwnersDirectory);
        if (Path.GetDirectoryName(directory) is { } parent)
        {
            SyncDirectory(parent);
        }
    }

    private static FileStream TakeLock(string directory, TimeSpan patience)
    {
        string path = Path.Combine(directory, LockName);
        FileStream? taken = null;
        IOException? held = null;
        return SpinWait.SpinUntil(TryTake, patience)
            ? taken! // that is what it waited for
            : throw new EventLogException(
                $"The log in {directory} is in use by another process. Stop that one, or give this one a directory of its own (--data).", held!);

        bool TryTake()
        {
            try
            {
                taken = Create(path, FileMode.OpenOrCreate, FileShare.None);
                return true;
            }
            catch (IOException refused) when (File.Exists(path))
            {
                held = refused;
                return false;
            }
        }
    }

    private void MakeDatabase()
    {
        if (!File.Exists(Database))
        {
            // Made before SQLite makes it, so that it and the files beside it, which take over its mode, are never readable by others.
            MakeFile(Database);
            SyncDirectory(Directory);
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // A crash leaves the two beside the database, and SQLite takes them as they are.
        foreach (string path in (ReadOnlySpan<string>)[Database, Wal, Database + "-shm", Path.Combine(Directory, LockName)])
        {
            if (File.Exists(path))
            {
                File.SetUnixFileMode(path, OwnerOnly);
            }
        }
    }

    private static FileStream Create(string path, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    // A file whose name is not on disk is lost with the power, however well its content was synced.
    private static void SyncDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = NativeOpen(directory, 0);
        if (descriptor < 0)
        {
            throw new IOException($"{directory} cannot be opened to be synced (error {Marshal.GetLastPInvokeError()}).");
        }

        int result = NativeSync(descriptor);
        int error = Marshal.GetLastPInvokeError();
        _ = NativeClose(descriptor);
        if (result < 0)
        {
            throw new IOException($"{directory} cannot be synced (error {error}).");
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeOpen([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeSync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeClose(int descriptor);
}
