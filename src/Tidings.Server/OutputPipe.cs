using System.Runtime.InteropServices;

namespace Tidings.Server;

/// <summary>
/// Tells whether the reader of standard output has left, as <c>head</c> does once it has its lines. The runtime ignores both the signal
/// and the error that a write into such a pipe causes, so a command that never ends would write on for nobody.
/// </summary>
internal static class OutputPipe
{
    private const int StandardOutput = 1;
    private const short ErrorOrHangUp = 0x8 | 0x10; // POLLERR on Linux, POLLHUP on macOS.

    /// <summary>False as long as anybody reads, when the output is no pipe, and always on Windows.</summary>
    public static bool IsAbandoned()
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        var output = new PollDescriptor { File = StandardOutput };
        try
        {
            return Poll(ref output, count: 1, timeoutMilliseconds: 0) > 0 && (output.Happened & ErrorOrHangUp) != 0;
        }
        catch (TypeLoadException)
        {
            return false; // A system whose C library goes by another name: better to write for nobody than not to run.
        }
    }

    // The C library's count has the size of a pointer on Linux and of an int on macOS; a small number is the same in either.
    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollDescriptor descriptors, nuint count, int timeoutMilliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int File;
        public short Awaited;
        public short Happened;
    }
}
