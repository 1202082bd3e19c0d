using System.Globalization;
using System.Text;

namespace Tidings.Bench;

/// <summary>What a run has found: the one table, the figures of each round, and what has failed.</summary>
internal sealed class ResultTables
{
    private readonly List<Row> _rows = [];
    private readonly StringBuilder _rounds = new();

    /// <summary>What makes the run a failure: something was not measured, or the hub has lost, repeated or reordered an event.</summary>
    public List<string> Failures { get; } = [];

    public void Add(Row row) => _rows.Add(row);

    /// <summary>Adds what the load has found wrong with each server, of all rounds the worst that was said.</summary>
    public void AddChecks(string test, Series series) => Add(new Row(
        test,
        "events lost or repeated; order",
        "none; one for all",
        CheckOf(series, Hub.UsualName),
        CheckOf(series, Nchan.UsualName),
        CheckOf(series, InBoxApp.UsualName),
        series.Of(Hub.UsualName).All(measurement => measurement.Complaint is null) ? "met" : "FAILED"));

    public void AddRounds(string test, Series series, IReadOnlyList<string> figures)
    {
        _rounds.Append(CultureInfo.InvariantCulture, $"\n### {test}\n\n| round | server | {string.Join(" | ", figures)} | wrong |\n|---|---|{string.Concat(Enumerable.Repeat("---|", figures.Count + 1))}\n");
        for (int round = 0; round < series.Rounds.Count; round++)
        {
            foreach (Measurement measurement in series.Rounds[round])
            {
                string cells = string.Join(" | ", figures.Select(figure => FigureText(measurement[figure])));
                _rounds.Append(CultureInfo.InvariantCulture, $"| {round + 1} | {measurement.Server} | {cells} | {measurement.Complaint ?? "nothing"} |\n");
            }
        }
    }

    /// <summary>Adds what a program has written that makes its own tables.</summary>
    public void AddOutput(string test, string output) => _rounds.Append(CultureInfo.InvariantCulture, $"\n### {test}\n\n{output.Trim()}\n");

    /// <summary>The table in Markdown, with columns of one width so that a terminal shows it well, too.</summary>
    public string Table()
    {
        string[][] cells =
        [
            ["#", "What", "Target", "Tidings", "Nchan", "in-box", "Verdict"],
            .. _rows.Select(row => (string[])[row.Test, row.What, row.Target, row.Tidings, row.Nchan, row.InBox, row.Verdict]),
        ];
        int[] widths = [.. Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(row => row[column].Length))];
        var text = new StringBuilder();
        for (int i = 0; i < cells.Length; i++)
        {
            text.Append("| ").AppendJoin(" | ", cells[i].Select((cell, column) => cell.PadRight(widths[column]))).Append(" |\n");
            if (i == 0)
            {
                text.Append("|-").AppendJoin("-|-", widths.Select(width => new string('-', width))).Append("-|\n");
            }
        }

        return text.ToString();
    }

    /// <summary>The file of a run.</summary>
    public string Write(BenchOptions options, DateOnly date, string machine, TimeSpan taken)
    {
        string failed = Failures.Count == 0
            ? "Nothing was lost or repeated by the hub in any round, and its order was one for all streams.\n"
            : $"**This run has FAILED**, its figures do not count:\n\n{string.Concat(Failures.Select(failure => $"- {failure}\n"))}";
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Side by side, {date:yyyy-MM-dd}

            `{options.Command}`, {taken.TotalMinutes:0.0} minutes, {options.Rounds} rounds of {options.Seconds} s in turns, the load warming up for {options.WarmUpSeconds} s before each, after {options.FirstWarmUpSeconds} s of it (T6: {options.FirstStorms} times all streams) on each server.

            {machine}

            Figures are medians of the rounds, ratios are medians of the ratios within a round. CPU is user and system time of the process that does the work: of the hub, of nginx's one worker, of the in-box app; that of
            the load (`tidings bench`, on the same machine) is told by itself, and missing to the server where it is larger. Latency counts from the time at which an event was meant to be sent.

            {failed}
            {Table()}
            ## Each round

            Names as `tidings bench --json` has them.
            {_rounds}
            """).ReplaceLineEndings("\n").TrimEnd() + "\n";
    }

    private static string CheckOf(Series series, string server)
    {
        Measurement? worst = series.Of(server).Where(measurement => measurement.Complaint is not null).MaxBy(measurement => measurement["otherOrder"]);
        return worst switch
        {
            null => "none; one",
            { Complaint: var complaint } when complaint!.StartsWith("otherOrder", StringComparison.Ordinal) => $"none; differs on {worst["otherOrder"]:n0} of {worst["streams"]:n0} streams", // only that
            _ => worst.Complaint!, // not null: see above
        };
    }

    private static string FigureText(double value) => double.IsNaN(value) ? "–" : value.ToString("#,0.###", CultureInfo.InvariantCulture);
}
