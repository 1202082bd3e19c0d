using System.Text.RegularExpressions;
using Tidings.Testing;

namespace Tidings.Server.Tests.Nodes;

/// <summary>deploy/compose.yaml, as far as it is written: one setting a line, two spaces deeper than what it belongs to.</summary>
internal sealed partial class ComposeFile
{
    public ComposeFile() => Text = Repository.Read("deploy/compose.yaml");

    public string Text { get; }

    public string[] Images => [.. Image().Matches(Text).Select(match => match.Groups["value"].Value)];

    /// <summary>Files beside compose.yaml that are mounted.</summary>
    public string[] Mounts => [.. Mount().Matches(Text).Select(match => match.Groups["value"].Value)];

    /// <summary>The secrets by their files.</summary>
    public string[] SecretFiles => [.. SecretFile().Matches(Text).Select(match => match.Groups["value"].Value)];

    /// <summary>The services that are hubs, by their names.</summary>
    public string[] Hubs => [.. Hub().Matches(Text).Select(match => match.Groups["value"].Value)];

    /// <summary>The environment of a service or of what several have in common.</summary>
    /// <param name="key">Its key, such as <c>x-hub</c>.</param>
    public (string Name, string Value)[] EnvironmentOf(string key) => [.. Variable().Matches(BlockOf(BlockOf(Text, key), "environment")).Select(match => (match.Groups["name"].Value, match.Groups["value"].Value))];

    /// <summary>The line that bash is given to tell whether a hub is ready.</summary>
    public string HealthLine()
    {
        Match match = Health().Match(BlockOf(Text, "x-hub"));
        Assert.True(match.Success);
        return match.Groups["value"].Value.Replace(@"\\", @"\", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^ +image: (?<value>\S+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Image();

    [GeneratedRegex(@"^ +- \./(?<value>[^:\s]+):", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Mount();

    [GeneratedRegex(@"\{ file: \./(?<value>\S+) \}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex SecretFile();

    [GeneratedRegex(@"^  (?<value>[\w-]+):\n    <<: \*hub$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Hub();

    [GeneratedRegex(@"^ +(?<name>[A-Z_0-9]+): ""(?<value>[^""]*)""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Variable();

    [GeneratedRegex(@"""bash"", ""-c"", ""(?<value>[^""]*)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Health();

    // From the key's line to the next line that is not deeper. The key may stand deeper, too, where something depends on it.
    private static string BlockOf(string text, string key)
    {
        string[] lines = text.Split('\n');
        int[] candidates = [.. Enumerable.Range(0, lines.Length).Where(i => lines[i].TrimStart().StartsWith($"{key}:", StringComparison.Ordinal))];
        Assert.True(candidates.Length > 0, $"compose.yaml has no \"{key}\".");
        int at = candidates.MinBy(i => DepthOf(lines[i]));
        return string.Join('\n', lines.Skip(at + 1).TakeWhile(line => string.IsNullOrWhiteSpace(line) || DepthOf(line) > DepthOf(lines[at])));
    }

    private static int DepthOf(string line) => line.Length - line.TrimStart().Length;
}
