using System.Globalization;
using System.Text;
using Npgsql;
using Tidings.Testing;

namespace Tidings.Benchmarks;

/// <summary>A large log in PostgreSQL: what it costs to open, to read and to append to, and what publishers notice while retention removes nine tenths of it.</summary>
internal static class RetentionBenchmark
{
    private const int Rows = 1_000_000;
    private const int Kept = 100_000;
    private const int Times = 20;
    private const int Appends = 1000;
    private const string Schema = "tidings";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly PageLimit Page = new(512, 1024 * 1024);

    // Every row as an append would have left it, and old enough to be removed.
    private const string Fill =
        """
        INSERT INTO tidings.event (sequence, previous, epoch, tag, published_at, stored_at, is_private, topics, publisher_id, body)
        SELECT g, g - 1, l.epoch, 1 + (g * 2654435761) % 1000000007, 638000000000000000 + g, clock_timestamp() - interval '1 hour', false, 'topics/' || g % 100, NULL,
            convert_to('data: ' || rpad(g::text, 200, 'x') || E'\n', 'UTF8')
        FROM tidings.log l, generate_series(1, $1) g;
        """;

    private const string Count =
        "UPDATE tidings.log SET (last, last_stored, events, bytes) = (SELECT max(sequence), max(sequence), count(*), sum(octet_length(body)) FROM tidings.event)";

    public static async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $".NET {Environment.Version}, {Environment.ProcessorCount} cores, shared by PostgreSQL and the load. A write of 4 KiB and its sync: {SyncTime.Measure(Path.GetTempPath())}."));
        await using PostgresServer postgres = await PostgresServer.StartAsync("-c shared_buffers=256MB");
        await using (PostgresEventLog made = await OpenAsync(postgres, maxEvents: null))
        {
            await using NpgsqlDataSource source = NpgsqlDataSource.Create(postgres.ConnectionString());
            await ExecuteAsync(source, Fill, (long)Rows);
            await ExecuteAsync(source, Count);
            string full = await SizeAsync(source);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"\nThe log: {Rows:n0} events, {full}.\n\n| what | p50 | worst |\n|---|---|---|"));
            await MeasureReadingAsync(output, made, "a page of 512 events");
            await WriteAsync(output, "an append of one event, one after the other", await AppendAsync(made, static appended => appended < Appends));
            await WriteAsync(output, "opening", await MeasureAsync(Times, async () => await (await OpenAsync(postgres, maxEvents: null)).DisposeAsync()));
            await MeasureRetentionAsync(output, postgres, source);
        }
    }

    private static async Task MeasureReadingAsync(TextWriter output, PostgresEventLog log, string what)
    {
        LogPosition position = await log.GetPositionAsync(CancellationToken.None);
        await WriteAsync(output, $"{what}, at the begin", await MeasureAsync(Times, async () => await ReadAsync(log, position.Floor - 1)));
        await WriteAsync(output, $"{what}, at the end", await MeasureAsync(Times, async () => await ReadAsync(log, position.Last - Page.Events)));
    }

    private static async Task MeasureRetentionAsync(TextWriter output, PostgresServer postgres, NpgsqlDataSource source)
    {
        long begun = TimeProvider.System.GetTimestamp();
        TimeSpan? floorRaised = null;
        TimeSpan rowsGone = TimeSpan.Zero;
        await using PostgresEventLog log = await OpenAsync(postgres, Kept);
        var looking = Task.Run(async () =>
        {
            while (await AskAsync(source, "SELECT min(sequence) FROM tidings.event") <= Rows - Kept)
            {
                floorRaised ??= await AskAsync(source, "SELECT events FROM tidings.log") <= Kept ? TimeProvider.System.GetElapsedTime(begun) : null;
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }

            rowsGone = TimeProvider.System.GetElapsedTime(begun);
        });
        double[] appends = await AppendAsync(log, _ => !looking.IsCompleted);
        await looking;
        await WriteAsync(output, string.Create(CultureInfo.InvariantCulture, $"an append while retention removes {Rows - Kept:n0} events"), appends);
        await MeasureReadingAsync(output, log, "a page of 512 events, then");
        long dead = await AskAsync(source, "SELECT n_dead_tup FROM pg_stat_user_tables WHERE schemaname = 'tidings' AND relname = 'event'");
        long begunVacuum = TimeProvider.System.GetTimestamp();
        await ExecuteAsync(source, "VACUUM tidings.event");
        TimeSpan vacuum = TimeProvider.System.GetElapsedTime(begunVacuum);
        string left = await SizeAsync(source);
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"\nUntil no more than {Kept:n0} events are kept: {floorRaised?.TotalSeconds ?? rowsGone.TotalSeconds:0.0} s. Until their rows are gone: {rowsGone.TotalSeconds:0.0} s, {(Rows - Kept) / rowsGone.TotalSeconds:n0} rows in a second, {appends.Length:n0} appends meanwhile. Dead rows then: {dead:n0}; VACUUM takes {vacuum.TotalSeconds:0.0} s; the table, which later events fill again: {left}."));
    }

    private static Task<PostgresEventLog> OpenAsync(PostgresServer postgres, long? maxEvents) =>
        PostgresEventLog.OpenAsync(new PostgresLogOptions { ConnectionString = postgres.ConnectionString(), Schema = Schema, Retention = new Retention { MaxEvents = maxEvents } }, TimeProvider.System);

    private static async Task ReadAsync(PostgresEventLog log, long after)
    {
        LogPage page = await log.ReadAsync(after, Page, CancellationToken.None);
        if (page.Events.Count != Page.Events)
        {
            throw new InvalidOperationException($"A page had {page.Events.Count} events.");
        }
    }

    private static async Task<double[]> AppendAsync(PostgresEventLog log, Func<int, bool> goesOn)
    {
        byte[] body = Encoding.UTF8.GetBytes($"data: {new string('x', 200)}\n");
        var taken = new List<double>();
        while (goesOn(taken.Count))
        {
            long begun = TimeProvider.System.GetTimestamp();
            await log.AppendAsync([new PendingEvent(["topics/1"], body, tag: 1, TimeProvider.System.GetUtcNow(), isPrivate: false, publisherId: null)], CancellationToken.None);
            taken.Add(TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds);
            await Task.Delay(Pause, TimeProvider.System);
        }

        return [.. taken];
    }

    private static async Task<double[]> MeasureAsync(int times, Func<Task> action)
    {
        double[] taken = new double[times];
        for (int i = 0; i < times; i++)
        {
            long begun = TimeProvider.System.GetTimestamp();
            await action();
            taken[i] = TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds;
        }

        return taken;
    }

    private static Task WriteAsync(TextWriter output, string what, double[] taken) =>
        output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| {what} | {LogBenchmark.Median(taken):0.0} ms | {taken.Max():0.0} ms |"));

    private static async Task<string> SizeAsync(NpgsqlDataSource source)
    {
        const double MiB = 1024 * 1024;
        long table = await AskAsync(source, "SELECT pg_table_size('tidings.event')");
        long indexes = await AskAsync(source, "SELECT pg_indexes_size('tidings.event')");
        return string.Create(CultureInfo.InvariantCulture, $"{table / MiB:n0} MiB and {indexes / MiB:n0} MiB of indexes");
    }

    private static async Task<long> AskAsync(NpgsqlDataSource source, string sql, long? value = null)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        if (value is { } given)
        {
            command.Parameters.Add(new() { Value = given });
        }

        return (long)(await command.ExecuteScalarAsync())!; // each of them returns one number
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, long? value = null)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        if (value is { } given)
        {
            command.Parameters.Add(new() { Value = given });
        }

        await command.ExecuteNonQueryAsync();
    }
}
