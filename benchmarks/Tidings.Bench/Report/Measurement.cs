using System.Text.Json;

namespace Tidings.Bench;

/// <summary>What <c>tidings bench</c> has told of one server in one round.</summary>
/// <param name="Server">Which.</param>
/// <param name="Complaint">What was lost, repeated or reordered, or why nothing was measured; null if nothing is wrong.</param>
/// <param name="Figures">By the names of <c>tidings bench --json</c>; empty if nothing was measured.</param>
internal sealed record Measurement(string Server, string? Complaint, IReadOnlyDictionary<string, double> Figures)
{
    /// <summary>The counts of the load that have to be zero.</summary>
    private static readonly string[] Faults = ["gaps", "duplicates", "late", "strange", "otherOrder", "toldGaps", "foreign", "closedStreams"];

    /// <summary>The figure; not a number if it was not measured.</summary>
    public double this[string figure] => Figures.TryGetValue(figure, out double value) ? value : double.NaN;

    /// <param name="server">Which was measured.</param>
    /// <param name="output">The one object in JSON; anything else if the load has not come to its end.</param>
    /// <param name="errors">What the load has complained about.</param>
    public static Measurement Read(string server, string output, string errors)
    {
        if (!output.StartsWith('{'))
        {
            return new Measurement(server, errors.Trim() is { Length: > 0 } told ? told : "the load has told nothing", new Dictionary<string, double>());
        }

        using JsonDocument json = JsonDocument.Parse(output);
        var figures = json.RootElement.EnumerateObject()
            .Where(member => member.Value.ValueKind == JsonValueKind.Number)
            .ToDictionary(member => member.Name, member => member.Value.GetDouble(), StringComparer.Ordinal);
        string faults = string.Join(", ", Faults.Where(fault => figures.GetValueOrDefault(fault) != 0).Select(fault => $"{fault} {figures[fault]:n0}"));
        bool passed = json.RootElement.GetProperty("passed").GetBoolean();
        return new Measurement(server, passed ? null : faults, figures);
    }
}
