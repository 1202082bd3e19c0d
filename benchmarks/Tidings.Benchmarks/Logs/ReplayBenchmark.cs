using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidings.Benchmarks;

/// <summary>T7: how fast one reader catches up over HTTP, from the ring and from the database, and what others feel of it meanwhile.</summary>
internal static class ReplayBenchmark
{
    private const int StoredEvents = 1_000_000;
    private const int RingEvents = 500_000;
    private const int Rounds = 5;
    private const int LiveEvents = 600;

    public static async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync();
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"## T7: replay to one reader over HTTP, 128 bytes of data, medians of {Rounds} turns"));
        await output.WriteLineAsync();
        using BenchLog stored = await BenchLog.FillAsync(StoredEvents, dataBytes: 128);
        await using HubProcess database = await HubProcess.StartAsync("--data", stored.Path);
        await using HubProcess ring = await HubProcess.StartAsync(
            "--log", "memory", "--set", $"Tidings:Broker:RingEvents={RingEvents}", "--set", $"Tidings:Broker:RingBytes={1 << 30}",
            "--set", $"Tidings:MemoryLog:MaxEvents={RingEvents}", "--set", $"Tidings:MemoryLog:MaxBytes={1 << 30}");
        using (PublishLoad filling = await PublishLoad.ConnectAsync(ring.Port, publishers: 64))
        {
            double published = 0;
            while (published < RingEvents)
            {
                published += await filling.RunAsync(TimeSpan.FromSeconds(1));
            }
        }

        var fromDatabase = new List<double>();
        var fromRing = new List<double>();
        for (int round = 0; round <= Rounds; round++)
        {
            double slow = await ReplayAsync(database.Port, StoredEvents);
            double fast = await ReplayAsync(ring.Port, RingEvents - 1000);
            if (round > 0)
            {
                fromDatabase.Add(slow);
                fromRing.Add(fast);
            }
        }

        await output.WriteLineAsync("| from | events/s |");
        await output.WriteLineAsync("|---|---|");
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| the ring, {RingEvents:n0} events | {LogBenchmark.Median(fromRing):n0} |"));
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| the database, {StoredEvents:n0} events | {LogBenchmark.Median(fromDatabase):n0} |"));
        await output.WriteLineAsync();
        await WriteLatenciesAsync(output, database);
    }

    private static async Task WriteLatenciesAsync(TextWriter output, HubProcess hub)
    {
        double[] quiet = await LatenciesAsync(hub.Port);
        using var stop = new CancellationTokenSource();
        Task replaying = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await ReplayAsync(hub.Port, StoredEvents);
            }
        });
        double[] meanwhile = await LatenciesAsync(hub.Port);
        await stop.CancelAsync();
        await replaying;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"From publish to a live subscriber, {LiveEvents} events at 200/s (`disk`):"));
        await output.WriteLineAsync();
        await output.WriteLineAsync("| | median | p99 |");
        await output.WriteLineAsync("|---|---|---|");
        await output.WriteLineAsync(Row("nobody replays", quiet));
        await output.WriteLineAsync(Row("one reader replays from the database without a pause", meanwhile));
        await output.FlushAsync();
    }

    private static string Row(string name, double[] latencies) => FormattableString.Invariant(
        $"| {name} | {LogBenchmark.Median(latencies):0.00} ms | {LogBenchmark.Percentile(latencies, 0.99):0.00} ms |");

    /// <summary>Reads so many events from the beginning and tells how many a second that were.</summary>
    private static async Task<double> ReplayAsync(int port, int events)
    {
        long start = Stopwatch.GetTimestamp();
        using Socket socket = await SubscribeAsync(port, "match=bench&last_event_id=earliest");
        byte[] buffer = new byte[256 * 1024];
        int seen = 0;
        int newlines = 0;
        while (seen < events)
        {
            int read = await socket.ReceiveAsync(buffer);
            if (read == 0)
            {
                throw new IOException($"The stream has ended after {seen} events.");
            }

            seen += CountBlankLines(buffer.AsSpan(0, read), ref newlines);
        }

        return seen / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // An event ends with a blank line: LF LF.
    private static int CountBlankLines(ReadOnlySpan<byte> bytes, ref int newlines)
    {
        int count = 0;
        if (newlines == 1 && bytes[0] == (byte)'\n')
        {
            count++;
        }

        count += bytes.Count("\n\n"u8);
        newlines = bytes[^1] == (byte)'\n' ? 1 : 0;
        return count;
    }

    private static async Task<double[]> LatenciesAsync(int port)
    {
        using Socket socket = await SubscribeAsync(port, "match=live");
        using var client = new HttpClient();
        long[] sent = new long[LiveEvents];
        double[] latencies = new double[LiveEvents];
        Task reading = Task.Run(async () =>
        {
            byte[] buffer = new byte[16 * 1024];
            int seen = 0;
            int newlines = 0;
            while (seen < LiveEvents)
            {
                int read = await socket.ReceiveAsync(buffer);
                long now = Stopwatch.GetTimestamp();
                for (int count = CountBlankLines(buffer.AsSpan(0, read), ref newlines); count > 0 && seen < LiveEvents; count--)
                {
                    latencies[seen] = Stopwatch.GetElapsedTime(Volatile.Read(ref sent[seen]), now).TotalMilliseconds;
                    seen++;
                }
            }
        });
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < LiveEvents; i++)
        {
            TimeSpan due = TimeSpan.FromMilliseconds(5 * i);
            TimeSpan early = due - Stopwatch.GetElapsedTime(began);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early, TimeProvider.System);
            }

            // Counted from when it should have been sent, so that a hub that stalls cannot hide it.
            Volatile.Write(ref sent[i], began + (long)(due.TotalSeconds * Stopwatch.Frequency));
            using var form = new FormUrlEncodedContent([KeyValuePair.Create("topic", "live"), KeyValuePair.Create("data", "x")]);
            using HttpResponseMessage answer = await client.PostAsync(new Uri($"http://127.0.0.1:{port}/.well-known/mercure"), form);
            answer.EnsureSuccessStatusCode();
        }

        await reading;
        return latencies;
    }

    // HTTP/1.0, whose bodies come as they are: the sizes of chunks could stand between the two LF.
    private static async Task<Socket> SubscribeAsync(int port, string query)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /.well-known/mercure?{query} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n"));
        byte[] head = new byte[2048];
        int length = 0;
        while (!head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            // One by one: what follows the head belongs to whoever reads the body.
            length += await socket.ReceiveAsync(head.AsMemory(length, 1));
        }

        if (!head.AsSpan(0, length).StartsWith("HTTP/1.1 200 "u8))
        {
            throw new InvalidOperationException($"The hub refused a subscriber: {Encoding.ASCII.GetString(head, 0, length)}");
        }

        return socket;
    }
}
