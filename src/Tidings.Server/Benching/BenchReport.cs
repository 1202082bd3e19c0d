using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tidings.Server;

/// <summary>The figures of a run, for people and for programs, and what was wrong.</summary>
internal sealed class BenchReport(string scenario)
{
    private const int LabelWidth = 32;

    private readonly List<Figure> _figures = [];
    private readonly List<string> _failures = [];

    /// <summary>Whether the server has done what it has to.</summary>
    public bool HasPassed => _failures.Count == 0;

    /// <param name="name">What programs call it; public, since scripts depend on it.</param>
    /// <param name="label">What people read.</param>
    /// <param name="value">The figure.</param>
    /// <param name="unit">Of the figure, as people read it.</param>
    /// <param name="decimals">How many of its decimals mean anything.</param>
    public void Add(string name, string label, double value, string unit = "", int decimals = 0) =>
        _figures.Add(new Figure(name, label, Math.Round(double.IsFinite(value) ? value : 0, decimals), unit, decimals));

    /// <summary>Adds a count that has to be zero; if it is not, the run has failed.</summary>
    public void AddFault(string name, string label, long count)
    {
        Add(name, label, count);
        if (count > 0)
        {
            _failures.Add($"{label}: {count}");
        }
    }

    public void AddLatency(string name, string label, LatencyHistogram latency)
    {
        foreach ((string suffix, double share) in ((string, double)[])[("P50", 0.5), ("P90", 0.9), ("P99", 0.99), ("P999", 0.999)])
        {
            Add($"{name}{suffix}Milliseconds", $"{label} p{share * 100:0.#}", latency.Percentile(share).TotalMilliseconds, "ms", 3);
        }

        Add($"{name}MaxMilliseconds", $"{label} max", latency.Largest.TotalMilliseconds, "ms", 3);
    }

    public string Readable()
    {
        var text = new StringBuilder();
        text.Append(scenario).Append('\n');
        foreach (Figure figure in _figures)
        {
            string value = figure.Value.ToString($"N{figure.Decimals}", CultureInfo.InvariantCulture);
            text.Append($"  {figure.Label.PadRight(LabelWidth)}{value,14} {figure.Unit}".TrimEnd()).Append('\n');
        }

        return text.Append(HasPassed ? "passed\n" : $"FAILED: {string.Join("; ", _failures)}\n").ToString();
    }

    /// <summary>One object and a line end.</summary>
    public string Json()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("scenario", scenario);
            json.WriteBoolean("passed", HasPassed);
            foreach (Figure figure in _figures)
            {
                if (figure.Decimals == 0)
                {
                    json.WriteNumber(figure.Name, (long)figure.Value);
                }
                else
                {
                    json.WriteNumber(figure.Name, figure.Value);
                }
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private sealed record Figure(string Name, string Label, double Value, string Unit, int Decimals);
}
