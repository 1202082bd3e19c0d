using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Tidings.Faults.Tests.Host;

/// <summary>The signals that the tests send, by their Linux numbers.</summary>
internal enum Signal
{
    /// <summary>SIGKILL: the process ends between two instructions.</summary>
    Kill = 9,

    /// <summary>SIGTERM: the process is asked to end.</summary>
    Terminate = 15,

    /// <summary>SIGCONT: the process goes on.</summary>
    Continue = 18,

    /// <summary>SIGSTOP: the process stands still.</summary>
    Stop = 19,
}

internal static partial class Signals
{
    /// <summary>Sends <paramref name="signal"/> to the process <paramref name="id"/>; kill(2).</summary>
    public static void Send(int id, Signal signal)
    {
        if (KillProcess(id, (int)signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillProcess(int id, int signal);
}
