using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tidings.Server;

/// <summary>
/// epoll(7) and one timer of timerfd_create(2): a thread that serves thousands of sockets by itself costs a fraction of what the runtime's engine and the thread pool do, and what
/// the load generator spends is missing to the server on the same machine.
/// </summary>
internal sealed class Epoll : IDisposable
{
    /// <summary>What <see cref="Wait"/> tells instead of a socket's number when the timer has fired.</summary>
    public const int Timer = -1;

    private const int MaxEvents = 512;
    private const int AddDescriptor = 1; // EPOLL_CTL_ADD
    private const int Readable = 1; // EPOLLIN; errors and hang-ups are always told
    private const int MonotonicClock = 1; // CLOCK_MONOTONIC, which Stopwatch reads, too
    private const int AbsoluteTime = 1; // TFD_TIMER_ABSTIME
    private const int CloseOnExec = 0x80000;
    private const int InterruptedBySignal = 4; // EINTR
    private const long NanosecondsPerSecond = 1_000_000_000;

    // struct epoll_event { uint32_t events; uint64_t data; } is packed on x86-64 and nowhere else.
    private static readonly int EventInts = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 3 : 4;
    private static readonly int DataInt = EventInts - 2;

    private readonly SafeFileHandle _epoll = Opened(CreateEpoll(CloseOnExec));
    private readonly SafeFileHandle _timer = Opened(CreateTimer(MonotonicClock, CloseOnExec));
    private readonly int[] _happened = new int[MaxEvents * EventInts];

    public Epoll() => Add((int)_timer.DangerousGetHandle(), Timer);

    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>Tells <paramref name="number"/> whenever the descriptor can be read, has failed or was closed by the other side, until it is closed here.</summary>
    public void Add(int descriptor, int number)
    {
        int[] wanted = new int[EventInts];
        wanted[0] = Readable;
        wanted[DataInt] = number;
        Check(Control(_epoll, AddDescriptor, descriptor, wanted));
    }

    /// <summary>Lets the timer fire at a time of <see cref="System.Diagnostics.Stopwatch"/>, in place of what was asked for before.</summary>
    public void SetTimer(long nanoseconds) =>
        Check(SetTime(_timer, AbsoluteTime, [0, 0, nanoseconds / NanosecondsPerSecond, Math.Max(1, nanoseconds % NanosecondsPerSecond)], IntPtr.Zero));

    /// <summary>Waits until something has happened, and not longer than <paramref name="milliseconds"/>.</summary>
    /// <returns>How many numbers <see cref="NumberAt"/> has.</returns>
    public int Wait(int milliseconds)
    {
        int count = WaitForEvents(_epoll, _happened, MaxEvents, milliseconds);
        return count >= 0 || Marshal.GetLastPInvokeError() == InterruptedBySignal ? Math.Max(0, count) : throw new Win32Exception();
    }

    public int NumberAt(int index) => _happened[(index * EventInts) + DataInt];

    public void Dispose()
    {
        _timer.Dispose();
        _epoll.Dispose();
    }

    private static SafeFileHandle Opened(int descriptor) => new(Check(descriptor), ownsHandle: true);

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception();

    [DllImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateEpoll(int flags);

    [DllImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(SafeFileHandle epoll, int operation, int descriptor, int[] wanted);

    [DllImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int WaitForEvents(SafeFileHandle epoll, [In, Out] int[] happened, int count, int milliseconds);

    [DllImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateTimer(int clock, int flags);

    // struct itimerspec: two times, each of seconds and nanoseconds with the size of a long. A process of 32 bits would need ints.
    [DllImport("libc", EntryPoint = "timerfd_settime", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetTime(SafeFileHandle timer, int flags, long[] time, IntPtr before);
}
