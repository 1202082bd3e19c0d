using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Tidings.Benchmarks;

/// <summary>What the steps of an event cost one by one, each without the network: reading a publish, encoding, sealing its id, and handing it to subscribers who read it.</summary>
internal static class HotPathBenchmark
{
    private const int Rounds = 7;
    private const int Batch = 64;
    private const int Streams = 1_000;

    private static readonly string Data = new('x', 128);

    public static async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync("| Step | ns | bytes |\n|---|---|---|");
        await TellAsync(output, "read a publish of 128 bytes (form)", 100_000, () => ReadFormsAsync(100_000));
        await TellAsync(output, "encode a frame of 128 bytes, without its id", 500_000, () => EncodeAsync(500_000));
        await TellAsync(output, "seal an id, alone", 100_000, () => SealAsync(100_000, batch: 1));
        await TellAsync(output, $"seal an id, {Batch} together", 640_000, () => SealAsync(640_000, Batch));
        await TellAsync(output, $"publish in batches of {Batch}, nobody listens, per event", 100 * Batch, () => PublishAsync(streams: 0, batches: 100));
        await TellAsync(output, $"the same with {Streams:n0} streams that read, per delivery", 100 * Batch * Streams, () => PublishAsync(Streams, batches: 100));
    }

    private static async Task TellAsync(TextWriter output, string step, long items, Func<Task<Cost>> measureAsync)
    {
        var costs = new Cost[Rounds];
        for (int i = -1; i < Rounds; i++)
        {
            Cost cost = await measureAsync();
            costs[Math.Max(0, i)] = cost; // the first one warms up
        }

        double nanoseconds = costs.Select(cost => cost.Time.TotalNanoseconds).Order().ElementAt(Rounds / 2) / items;
        double bytes = costs.Select(cost => cost.Bytes).Order().ElementAt(Rounds / 2) / (double)items;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| {step} | {nanoseconds:n0} | {bytes:n1} |"));
    }

    private static async Task<Cost> ReadFormsAsync(int count)
    {
        var options = new TidingsOptions();
        var body = new FormBody(Encoding.ASCII.GetBytes($"topic=https%3A%2F%2Fexample.com%2Fbooks%2F17&data={Data}"));
        var context = new DefaultHttpContext();
        context.Features.Set<IRequestBodyPipeFeature>(body);
        context.Request.Path = "/.well-known/mercure";
        var start = Start.Now();
        for (int i = 0; i < count; i++)
        {
            body.Rewind();
            (_, HubProblem? problem) = await FormReader.ReadAsync(context.Request, options);
            if (problem is not null)
            {
                throw new InvalidOperationException(problem.Detail);
            }
        }

        return start.ToCost();
    }

    private static Task<Cost> EncodeAsync(int count)
    {
        var serverEvent = new ServerEvent(Data);
        var start = Start.Now();
        for (int i = 0; i < count; i++)
        {
            SseFrame.EncodeBody(serverEvent);
        }

        return Task.FromResult(start.ToCost());
    }

    private static Task<Cost> SealAsync(int count, int batch)
    {
        using var codec = new EventIdCodec(new byte[16]);
        var places = new LogPlace[batch];
        byte[] texts = new byte[batch * EventIdCodec.TextBytes];
        var start = Start.Now();
        for (int i = 0; i < count; i += batch)
        {
            places[0] = new LogPlace(1, i, 2);
            codec.Encode(places, texts);
        }

        return Task.FromResult(start.ToCost());
    }

    private static async Task<Cost> PublishAsync(int streams, int batches)
    {
        await using var log = new InMemoryEventLog();
        await using var broker = new Broker(new BrokerOptions(), log, TimeProvider.System);
        var topic = Topic.Of("books");
        var subscribers = new Subscriber[streams];
        for (int i = 0; i < streams; i++)
        {
            subscribers[i] = await broker.SubscribeAsync(new SubscribeOptions(TopicMatcher.Exact(topic)));
        }

        var publishes = new Task[Batch];
        var start = Start.Now();
        for (int i = 0; i < batches; i++)
        {
            for (int j = 0; j < Batch; j++)
            {
                publishes[j] = broker.PublishAsync(topic, Data).AsTask();
            }

            await Task.WhenAll(publishes);
            foreach (Subscriber subscriber in subscribers)
            {
                await ReadAsync(subscriber);
            }
        }

        return start.ToCost();
    }

    private static async ValueTask ReadAsync(Subscriber subscriber)
    {
        int read = 0;
        while (read < Batch && await subscriber.WaitToReadAsync())
        {
            while (subscriber.TryRead(out _))
            {
                read++;
            }
        }
    }

    private readonly record struct Cost(TimeSpan Time, long Bytes);

    private readonly record struct Start(long Timestamp, long Bytes)
    {
        public static Start Now() => new(Stopwatch.GetTimestamp(), GC.GetTotalAllocatedBytes(precise: true));

        public Cost ToCost() => new(Stopwatch.GetElapsedTime(Timestamp), GC.GetTotalAllocatedBytes(precise: true) - Bytes);
    }

    /// <summary>A request's body that is read again and again.</summary>
    private sealed class FormBody(byte[] bytes) : IRequestBodyPipeFeature
    {
        public PipeReader Reader { get; private set; } = PipeReader.Create(default(ReadOnlySequence<byte>));

        public void Rewind() => Reader = PipeReader.Create(new ReadOnlySequence<byte>(bytes));
    }
}
