using System.Globalization;
using Npgsql;
using Tidings.Testing;

namespace Tidings.Benchmarks;

/// <summary>The two ways to let one append at a time: the lock of the log's row, and an advisory lock. Three brokers in this process, in turns.</summary>
internal static class LockBenchmark
{
    private const int Brokers = 3;
    private const int Publishers = 64;
    private const int Rounds = 5;
    private const string RowLock = "SELECT * INTO STRICT state FROM log FOR UPDATE;";
    private const string AdvisoryLock = "PERFORM pg_advisory_xact_lock(7301); SELECT * INTO STRICT state FROM log;";
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(TextWriter output, PostgresServer postgres)
    {
        await using LockSide row = await LockSide.StartAsync(postgres, "row_lock", Brokers);
        await using LockSide advisory = await LockSide.StartAsync(postgres, "advisory_lock", Brokers);
        await using (var connection = new NpgsqlConnection(postgres.ConnectionString()))
        {
            await connection.OpenAsync();
            await using var read = new NpgsqlCommand("SELECT pg_get_functiondef('advisory_lock.append'::regproc)", connection);
            string definition = (string)(await read.ExecuteScalarAsync())!; // the log has just been made
            if (!definition.Contains(RowLock, StringComparison.Ordinal))
            {
                throw new InvalidOperationException("The function that appends has changed; so must this benchmark.");
            }

            await using var change = new NpgsqlCommand(definition.Replace(RowLock, AdvisoryLock, StringComparison.Ordinal), connection);
            await change.ExecuteNonQueryAsync();
        }

        LockSide[] sides = [row, advisory];
        double[][] speeds = [new double[Rounds], new double[Rounds]];
        for (int round = -1; round < Rounds; round++)
        {
            for (int i = 0; i < sides.Length; i++)
            {
                double speed = await sides[i].PublishAsync(Publishers, Turn);
                if (round >= 0)
                {
                    speeds[i][round] = speed;
                }
            }
        }

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"\n## Which lock: {Brokers} brokers in one process, {Publishers} publishers, medians of {Rounds} turns of {Turn.TotalSeconds} s\n\n| lock | events/s | × row |\n|---|---|---|"));
        for (int i = 0; i < sides.Length; i++)
        {
            double ratio = LogBenchmark.Median(Enumerable.Range(0, Rounds).Select(round => speeds[i][round] / speeds[0][round]));
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| {(i == 0 ? "the log's row" : "advisory")} | {LogBenchmark.Median(speeds[i]):n0} | {ratio:0.00} |"));
        }
    }

    /// <summary>Brokers on one log.</summary>
    private sealed class LockSide : IAsyncDisposable
    {
        private readonly List<(Broker Broker, PostgresEventLog Log)> _nodes = [];

        public static async Task<LockSide> StartAsync(PostgresServer postgres, string schema, int brokers)
        {
            var side = new LockSide();
            for (int i = 0; i < brokers; i++)
            {
                PostgresEventLog log = await PostgresEventLog.OpenAsync(new PostgresLogOptions { ConnectionString = postgres.ConnectionString(), Schema = schema }, TimeProvider.System);
                side._nodes.Add((new Broker(new BrokerOptions(), log, TimeProvider.System), log));
            }

            return side;
        }

        public async Task<double> PublishAsync(int publishers, TimeSpan time)
        {
            var data = new ServerEvent(new string('x', 128));
            Topic topic = "bench";
            long start = TimeProvider.System.GetTimestamp();
            int[] counts = await Task.WhenAll(Enumerable.Range(0, publishers).Select(publisher => Task.Run(async () =>
            {
                int count = 0;
                while (TimeProvider.System.GetElapsedTime(start) < time)
                {
                    await _nodes[publisher % _nodes.Count].Broker.PublishAsync(topic, data);
                    count++;
                }

                return count;
            })));
            return counts.Sum() / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        }

        public async ValueTask DisposeAsync()
        {
            foreach ((Broker broker, PostgresEventLog log) in _nodes)
            {
                await broker.DisposeAsync();
                await log.DisposeAsync();
            }
        }
    }
}
