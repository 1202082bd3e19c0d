using System.Diagnostics;
using System.Globalization;

// Compiled into the fault build, where the edits of the catalogues call it; and here, so that it is checked like everything else.
namespace Tidings.Faults;

/// <summary>Which bug the environment asks for: <c>TIDINGS_BUG=name</c>.</summary>
public static class SeededBugs
{
    private static readonly string? Asked = Environment.GetEnvironmentVariable("TIDINGS_BUG");

    /// <summary>Whether the bug <paramref name="name"/> is to be there.</summary>
    public static bool Is(string name) => string.Equals(name, Asked, StringComparison.Ordinal);
}

/// <summary>
/// Where the environment asks the process to end as by kill -9: <c>TIDINGS_KILL=point:pass</c>, or <c>point:pass:milliseconds</c> to stand still there for a moment
/// before the end.
/// </summary>
public static class FaultPoint
{
    private static readonly string[] Asked = (Environment.GetEnvironmentVariable("TIDINGS_KILL") ?? "").Split(':');
    private static int _passes;

    /// <summary>Ends the process if this is the point and the pass that were asked for.</summary>
    public static void Reach(string point)
    {
        if (!string.Equals(point, Asked[0], StringComparison.Ordinal) || Interlocked.Increment(ref _passes) != Number(Asked[1]))
        {
            return;
        }

        if (Asked.Length > 2)
        {
            Task.Delay(TimeSpan.FromMilliseconds(Number(Asked[2])), TimeProvider.System).Wait();
        }

        using var self = Process.GetCurrentProcess();
        self.Kill();
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
