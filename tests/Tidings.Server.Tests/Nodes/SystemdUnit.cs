namespace Tidings.Server.Tests.Nodes;

/// <summary>The unit of <c>deploy/systemd</c> and the file of its settings.</summary>
internal static class SystemdUnit
{
    public const string FileName = "tidings@.service";

    public static string Text => Repository.Read($"deploy/systemd/{FileName}");

    /// <summary>The one value of a key.</summary>
    public static string ValueOf(string key) => Assert.Single(ValuesOf(key));

    public static IEnumerable<string> ValuesOf(string key) => Text.Split('\n').Where(line => line.StartsWith($"{key}=", StringComparison.Ordinal)).Select(line => line[(key.Length + 1)..]);

    /// <summary>The variables that the unit itself sets.</summary>
    public static IEnumerable<(string Name, string Value)> Environment() => ValuesOf("Environment").Select(Split);

    /// <summary>The variables of the example.</summary>
    public static IEnumerable<(string Name, string Value)> EnvironmentFile() =>
        Repository.Read("deploy/systemd/tidings.env").Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#')).Select(Split);

    private static (string Name, string Value) Split(string line) => line.Split('=', 2) is [var name, var value] ? (name, value.Trim('"')) : throw new FormatException(line);
}
