using System.Reflection;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Tidings.Server;

/// <summary>
/// Knows which runtime is too old to face a network. It is told and not refused: distributions mend a runtime without changing its version, and a hub that does not start any more is a worse
/// surprise than a line of output.
/// </summary>
internal static class RuntimeFloor
{
    // The newest service release when this was written (8 September 2026). Nearly every one before it mended a denial of service in the runtime or its server: CVE-2026-26130 (10.0.4),
    // CVE-2026-45591 (10.0.9), CVE-2026-57108 (10.0.10), CVE-2026-62901 (10.0.11). To be raised with each release of ours.
    private static readonly Version Oldest = new(10, 0, 12);

    /// <summary>What is wrong with the runtime of this process; null if nothing is.</summary>
    public static string? Complaint() =>
        Complaint(typeof(KestrelServerOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "");

    /// <param name="informational">A version as assemblies carry it, such as <c>10.0.12+4cfb0f6</c> or <c>11.0.0-preview.1</c>.</param>
    public static string? Complaint(string informational) =>
        Version.TryParse(informational.Split('+', '-')[0], out Version? version) && version < Oldest
            ? $"ASP.NET Core {version} is older than {Oldest}: it has holes that are known and mended there. Update the runtime."
            : null;
}
