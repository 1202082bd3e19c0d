using System.Globalization;

namespace Tidings.Bench;

/// <summary>T8 and T9: what needs no server, measured by benchmarks/Tidings.Benchmarks within one process.</summary>
internal static class LibraryTest
{
    public static async Task RunAsync(BenchRun run)
    {
        if (run.Options.Tests.Contains("T8"))
        {
            await MatchAsync(run);
        }

        if (run.Options.Tests.Contains("T9"))
        {
            await DecodeAsync(run);
        }
    }

    private static async Task MatchAsync(BenchRun run)
    {
        string output = await RunAsync(run, "T8", ["match", "index"]);
        double exact = Cell(output, "100,000 exact topics, one stream in ten", 1);
        double few = Cell(output, "1,000 exact topics, one stream in ten", 1);
        run.Results.Add(Row.Of("T8", "find subscribers, 1,000 exact topics: µs/event", 2, few));
        run.Results.Add(Row.Of("T8", "the same, 100,000 topics, one stream in ten", 2, exact));
        double worst = Lines(output).Where(cells => cells[0].StartsWith("5,000 streams", StringComparison.Ordinal)).Select(cells => Number(cells[1])).DefaultIfEmpty(double.NaN).Max();
        run.Results.Add(Row.Of("T8", "5,000 streams × 100 patterns, worst kind: µs/event", 2, Bound.AtMost, 20, worst));
        run.Results.AddOutput("T8", output);
    }

    private static async Task DecodeAsync(BenchRun run)
    {
        string output = await RunAsync(run, "T9", run.Options.IsShort ? ["decoder", "short"] : ["decoder"]);
        string[][] rows = [.. Lines(output).Where(cells => cells.Length == 7 && char.IsAsciiDigit(cells[0][0]))];
        double ratio = rows.Select(cells => Number(cells[6])).DefaultIfEmpty(double.NaN).Min();
        double bytes = rows.Select(cells => Number(cells[5]) - Number(cells[3])).DefaultIfEmpty(double.NaN).Max();
        run.Results.Add(Row.Of("T9", $"decoder, events/s × SseParser, least of {rows.Length} cases", 2, Bound.AtLeast, 1, ratio));
        run.Results.Add(Row.Of("T9", "allocation beyond SseParser's, bytes/event, most", 0, Bound.AtMost, 0, bytes));
        run.Results.AddOutput("T9", output);
    }

    private static async Task<string> RunAsync(BenchRun run, string test, IReadOnlyList<string> arguments)
    {
        run.Say($"{test}: {string.Join(' ', arguments)}");
        (int status, string output, string errors) = await Tool.RunAsync(Repository.Benchmarks, arguments, run.Stopping);
        if (status != 0)
        {
            run.Results.Failures.Add($"{test}: {errors.Trim()}");
        }

        return output;
    }

    private static double Cell(string output, string row, int column) =>
        Lines(output).Where(cells => cells[0] == row).Select(cells => Number(cells[column])).FirstOrDefault(double.NaN);

    // The cells of the tables in Markdown, of which each row is a line.
    private static IEnumerable<string[]> Lines(string output) =>
        output.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries));

    private static double Number(string cell) =>
        double.TryParse(cell, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out double value) ? value : double.NaN;
}
