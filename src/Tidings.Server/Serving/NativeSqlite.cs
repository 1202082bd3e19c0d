using System.Runtime.InteropServices;
using SQLitePCL;

namespace Tidings.Server;

/// <summary>Which SQLite is used: that of the operating system if it is newer than the one that comes with the program, because it is kept up to date.</summary>
internal static class NativeSqlite
{
    private static readonly string[] SystemNames = ["libsqlite3.so.0", "libsqlite3.0.dylib"];

    private static int _isInUse; // Changed by Interlocked.

    /// <summary>To be called before the first database is opened; calling it again does nothing.</summary>
    public static void Use()
    {
        if (Interlocked.Exchange(ref _isInUse, 1) == 1)
        {
            return;
        }

        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, static (name, assembly, searchPath) =>
        {
            if (name != "e_sqlite3")
            {
                return 0;
            }

            nint bundled = NativeLibrary.TryLoad(name, assembly, searchPath, out nint found) ? found : 0;
            return NewerSystemLibrary(VersionOf(bundled)) is { } system ? system : bundled;
        });
        Batteries_V2.Init();
    }

    private static nint? NewerSystemLibrary(int bundledVersion)
    {
        foreach (string name in SystemNames)
        {
            if (NativeLibrary.TryLoad(name, out nint system) && VersionOf(system) > bundledVersion)
            {
                return system;
            }
        }

        return null;
    }

    // The number of version 3.40.1 is 3040001; 0 if there is no library.
    private static int VersionOf(nint library) =>
        library != 0 && NativeLibrary.TryGetExport(library, "sqlite3_libversion_number", out nint function)
            ? Marshal.GetDelegateForFunctionPointer<VersionNumber>(function)()
            : 0;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int VersionNumber();
}
