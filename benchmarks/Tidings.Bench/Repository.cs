namespace Tidings.Bench;

/// <summary>Where things are: this program lives in the repository that it measures.</summary>
internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));

    public static string Server => Path.Combine(Root, "src/Tidings.Server/bin/Release/net10.0/Tidings.Server");

    public static string Benchmarks => Path.Combine(Root, "benchmarks/Tidings.Benchmarks/bin/Release/net10.0/Tidings.Benchmarks");

    public static string InBox => Path.Combine(Root, "benchmarks/peers/InBox/bin/Release/net10.0/InBox");

    public static string NginxTemplate => Path.Combine(Root, "benchmarks/peers/nginx.conf.template");

    public static string Results => Path.Combine(Root, "benchmarks/results");
}
