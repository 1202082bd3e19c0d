namespace Tidings.Browser.Tests;

/// <summary>The <c>tidings</c> command, built with the tests.</summary>
internal static class TidingsCommand
{
    public static ServerProcess Start(params string[] arguments)
    {
        // From tests/X/bin/Debug/net10.0 to src/Tidings.Server/bin/Debug/net10.0.
        string[] ours = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar);
        string output = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../src/Tidings.Server/bin", ours[^2], ours[^1]));
        return ServerProcess.Start("dotnet", [Path.Combine(output, "Tidings.Server.dll"), .. arguments], output);
    }
}
