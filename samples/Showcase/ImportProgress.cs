using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tidings;

namespace Showcase;

internal enum ImportState
{
    None,
    Receiving,
    Importing,
    Finished,
    Cancelled,
    Failed,
}

/// <summary>A line that could not be imported: which item it is, counted from 1, the line in the file where it begins, and what is wrong.</summary>
internal sealed record BadLine(int Item, int Line, string Problem);

/// <summary>What an import makes of a column.</summary>
internal sealed class ColumnTotals(string name)
{
    // So that no sum can overflow; what is larger is rather a key than an amount.
    private const double Largest = 1e15;

    public string Name { get; } = name;

    public int Filled { get; private set; }

    public int Numbers { get; private set; }

    public double Sum { get; private set; }

    public double? Min { get; private set; }

    public double? Max { get; private set; }

    public void Add(ReadOnlySpan<char> value)
    {
        Filled += value.IsEmpty ? 0 : 1;
        if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && Math.Abs(number) < Largest)
        {
            Numbers++;
            Sum += number;
            Min = Min is { } min ? Math.Min(min, number) : number;
            Max = Max is { } max ? Math.Max(max, number) : number;
        }
    }
}

/// <summary>
/// How far the import is, and the stream that tells it. Each item is an event, and its number is in the event's id: a client that comes back is told every item since.
/// Nothing is kept for that but the bad lines: of all others there is no more to tell than that they are done. The importer never waits for a reader. Safe for use
/// from several threads.
/// </summary>
internal sealed class ImportProgress(TimeProvider time)
{
    /// <summary>The largest file.</summary>
    public const long MaxBytes = 200 * 1024 * 1024;

    // Of one turn: between turns a reader is shown how far the import is.
    private const int MostAtOnce = 1000;

    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    private readonly Lock _gate = new();
    private readonly List<BadLine> _bad = []; // Guarded by _gate, like all below.
    private Status _status = new();
    private IReadOnlyList<ColumnTotals>? _columns;
    private TaskCompletionSource _changed = NewSignal();

    public void Begin(string name, long? size) => Change(
        status => new Status { Import = Math.Max(status.Import + 1, time.GetUtcNow().ToUnixTimeMilliseconds()), Name = name, Size = size, State = ImportState.Receiving },
        () =>
        {
            _bad.Clear();
            _columns = null;
        });

    public void Received(long bytes) => Change(status => status with { Received = bytes });

    public void Processed(int items, long bytes, IReadOnlyList<BadLine> bad) => Change(
        status => status with { State = ImportState.Importing, Items = items, Bytes = bytes, Size = status.Received },
        () => _bad.AddRange(bad));

    /// <summary>Tells the end; <paramref name="makeRoom"/> is called before anybody knows of it and may begin the next import.</summary>
    public void End(ImportState state, string? why, IReadOnlyList<ColumnTotals>? columns, Action makeRoom) => Change(
        status => status with { State = state, Why = why },
        () =>
        {
            _columns = columns;
            makeRoom();
        });

    public Figure Figure()
    {
        lock (_gate)
        {
            return new Figure(_status.Items, _status.State == ImportState.None ? "no import yet" : $"{_status.Items:N0} items");
        }
    }

    /// <summary>
    /// <c>import</c> when there is another import than the client knows, with its state so far; <c>progress</c> after each slice; <c>item</c> or <c>bad</c> for each
    /// item; <c>end</c>. A stream ends only when the client leaves: the next import is told in it, too.
    /// </summary>
    public async IAsyncEnumerable<ServerEvent> EventsAsync(LastEventId last, [EnumeratorCancellation] CancellationToken leaving = default)
    {
        (long import, int item) = PlaceOf(last);
        bool isFirst = true;
        while (true)
        {
            (Status now, Dictionary<int, BadLine> bad, IReadOnlyList<ColumnTotals>? columns, Task changed) = Take();
            if (now.Import != import)
            {
                // One that begins while the client watches is told from its first item on, one that was there before from here on.
                (import, item) = (now.Import, isFirst ? now.Items : 0);
                yield return Json("import", new { now.Name, MaxBytes, Items = item, Bad = bad.Values.Where(line => line.Item <= item) }, $"{import}-{item}");
            }

            isFirst = false;
            yield return Json("progress", new { now.State, now.Size, now.Received, now.Bytes, now.Items });
            for (int until = Math.Min(now.Items, item + MostAtOnce); item < until;)
            {
                string id = $"{import}-{++item}";
                yield return bad.TryGetValue(item, out BadLine? line) ? Json("bad", line, id) : new ServerEvent($"{item}", "item", id);
            }

            if (item < now.Items)
            {
                continue;
            }

            if (now.IsOver)
            {
                yield return Json("end", new { now.State, now.Why, Columns = columns });
            }

            await changed.WaitAsync(leaving);
        }
    }

    private static (long Import, int Item) PlaceOf(LastEventId last)
    {
        string[] parts = (last.Value ?? "").Split('-');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long import)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int item) ? (import, item) : (-1, 0);
    }

    private static ServerEvent Json<T>(string type, T value, string? id = null) => new(JsonSerializer.Serialize(value, JsonOptions), type, id);

    // Readers go on on threads of their own, never on that of the importer.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private (Status Status, Dictionary<int, BadLine> Bad, IReadOnlyList<ColumnTotals>? Columns, Task Changed) Take()
    {
        lock (_gate)
        {
            return (_status, _bad.ToDictionary(line => line.Item), _columns, _changed.Task);
        }
    }

    private void Change(Func<Status, Status> change, Action? changeMore = null)
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            _status = change(_status);
            changeMore?.Invoke();
            waiting = _changed;
            _changed = NewSignal();
        }

        waiting.SetResult();
    }

    private sealed record Status
    {
        /// <summary>Which import it is, also over starts of the app: when it began.</summary>
        public long Import { get; init; }

        public string Name { get; init; } = "";

        public ImportState State { get; init; }

        /// <summary>The size of the file in bytes, as far as it is known.</summary>
        public long? Size { get; init; }

        public long Received { get; init; }

        /// <summary>How many bytes are imported.</summary>
        public long Bytes { get; init; }

        public int Items { get; init; }

        public string? Why { get; init; }

        public bool IsOver => State is ImportState.Finished or ImportState.Cancelled or ImportState.Failed;
    }
}
