using System.Runtime.InteropServices;

namespace Tidings.Sqlite.Tests.Files;

public sealed class LogFilesTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OthersRead = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly TestDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Everything_is_its_owners_alone_also_where_the_system_would_give_it_to_all()
    {
        string directory = Path.Combine(_directory.Path, "data");
        uint before = SetUmask(0);
        try
        {
            await using SqliteEventLog log = Logs.Open(directory);
            await Logs.AppendAsync(log, 1);
            await log.ReadAsync(0, Logs.Everything, Cancellation);

            Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
            Dictionary<string, UnixFileMode> modes = Directory.GetFiles(directory).ToDictionary(path => Path.GetFileName(path), File.GetUnixFileMode);
            Assert.Equal(["lock", "log.db", "log.db-shm", "log.db-wal"], modes.Keys.Order(StringComparer.Ordinal));
            Assert.All(modes.Values, mode => Assert.Equal(OwnerOnly, mode));
        }
        finally
        {
            _ = SetUmask(before);
        }
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Files_that_others_could_read_are_put_right_also_those_that_a_crash_left()
    {
        using var crashed = new TestDirectory();
        await using (SqliteEventLog log = Logs.Open(_directory.Path))
        {
            await Logs.AppendAsync(log, 1);
            foreach (string name in (string[])["log.db", "log.db-wal", "log.db-shm"])
            {
                string copy = Path.Combine(crashed.Path, name);
                File.Copy(Path.Combine(_directory.Path, name), copy);
                File.SetUnixFileMode(copy, OthersRead);
            }
        }

        await using SqliteEventLog reopened = Logs.Open(crashed.Path);

        Assert.Equal(1, (await reopened.GetPositionAsync(Cancellation)).Last);
        Assert.All(Directory.GetFiles(crashed.Path), path => Assert.Equal(OwnerOnly, File.GetUnixFileMode(path)));
    }

    [Fact]
    public async Task A_second_one_on_the_same_directory_is_refused_and_the_first_goes_on()
    {
        await using SqliteEventLog first = Logs.Open(_directory.Path);

        EventLogException refused = Assert.Throws<EventLogException>(() => LogFiles.Open(_directory.Path, TimeSpan.Zero));

        Assert.Equal(
            $"The log in {_directory.Path} is in use by another process. Stop that one, or give this one a directory of its own (--data).", refused.Message);
        await Logs.AppendAsync(first, 1);
        Assert.Single((await first.ReadAsync(0, Logs.Everything, Cancellation)).Events);
    }

    [Fact]
    public async Task The_lock_is_free_when_the_log_is_closed()
    {
        await Logs.Open(_directory.Path).DisposeAsync();

        Assert.False(LogFiles.IsInUse(_directory.Path));
        await Logs.Open(_directory.Path).DisposeAsync();
    }

    [Fact]
    public async Task Somebody_who_only_looks_whether_a_hub_runs_does_not_keep_it_from_starting()
    {
        await Logs.Open(_directory.Path).DisposeAsync();
        Task<LogFiles> opening;
        using (File.Open(Path.Combine(_directory.Path, "lock"), FileMode.Open, FileAccess.Read, FileShare.Read))
        {
            opening = Task.Run(() => LogFiles.Open(_directory.Path, TimeSpan.FromMinutes(1)), Cancellation);
            Assert.Throws<EventLogException>(() => LogFiles.Open(_directory.Path, TimeSpan.Zero));
        }

        (await opening).Dispose();
    }

    [Fact]
    public void A_file_in_the_place_of_the_directory_is_told()
    {
        string path = Path.Combine(_directory.Path, "file");
        File.WriteAllText(path, "");

        EventLogException refused = Assert.Throws<EventLogException>(() => Logs.Open(path));

        Assert.Contains($"The log in {path} cannot be opened: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_lock_is_free_when_the_database_cannot_be_made()
    {
        string inTheWay = Directory.CreateDirectory(_directory.Database).FullName;

        Assert.Throws<EventLogException>(() => LogFiles.Open(_directory.Path, TimeSpan.Zero));

        Assert.False(LogFiles.IsInUse(_directory.Path));
        Directory.Delete(inTheWay);
        LogFiles.Open(_directory.Path, TimeSpan.Zero).Dispose();
    }

    [DllImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint SetUmask(uint mask);
}
