using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.InteropServices;
using System.Text;
using Tidings.Client;

namespace Tidings.Benchmarks;

/// <summary>Our decoder against the framework's <see cref="SseParser"/>: the same bytes, out of memory, into strings and into numbers.</summary>
internal static class DecoderBenchmark
{
    private const int StreamBytes = 8 * 1024 * 1024;

    public static async Task RunAsync(TextWriter output, ContestLength length)
    {
        await output.WriteLineAsync($"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores. Medians of interleaved rounds; × is the ratio to SseParser.");
        foreach (bool isNamed in new[] { false, true })
        {
            await output.WriteLineAsync();
            await output.WriteLineAsync(isNamed ? "Frames of `event`, `data` and `id`:" : "Frames of one `data` line:");
            await output.WriteLineAsync();
            await output.WriteLineAsync("| data | reading | SseParser events/s | bytes/event | Tidings events/s | bytes/event | × |");
            await output.WriteLineAsync("|---|---|---|---|---|---|---|");
            foreach (int size in new[] { 32, 128, 1024 })
            {
                byte[] stream = MakeStream(size, isNamed);
                await WriteAsync(output, size, "strings, async", await Contest.RunAsync(
                    length,
                    new Contender("SseParser", () => TheirStringsAsync(stream)),
                    new Contender("Tidings", () => OurStringsAsync(stream))));
                await WriteAsync(output, size, "UTF-8, async", await Contest.RunAsync(
                    length,
                    new Contender("SseParser", () => TheirBytesAsync(stream)),
                    new Contender("Tidings", () => OurBytesAsync(stream))));
                await WriteAsync(output, size, "UTF-8, direct", await Contest.RunAsync(
                    length,
                    new Contender("SseParser", () => Task.FromResult(TheirBytes(stream))),
                    new Contender("Tidings", () => Task.FromResult(OurBytes(stream)))));
            }
        }
    }

    private static byte[] MakeStream(int dataBytes, bool isNamed)
    {
        var text = new StringBuilder();
        string data = string.Concat(Enumerable.Range(0, dataBytes).Select(i => (char)('a' + i % 26)));
        for (int n = 0; text.Length < StreamBytes; n++)
        {
            text.Append(isNamed ? $"event: price\ndata: {data}\nid: {n:D8}\n\n" : $"data: {data}\n\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static async Task<long> TheirStringsAsync(byte[] stream)
    {
        long events = 0;
        await foreach (SseItem<string> _ in SseParser.Create(new MemoryStream(stream)).EnumerateAsync())
        {
            events++;
        }

        return events;
    }

    private static async Task<long> OurStringsAsync(byte[] stream)
    {
        long events = 0;
        await foreach (ServerSentEvent _ in EventStreamReader.ReadAllAsync(new MemoryStream(stream)))
        {
            events++;
        }

        return events;
    }

    private static async Task<long> TheirBytesAsync(byte[] stream)
    {
        long events = 0;
        await foreach (SseItem<int> _ in SseParser.Create(new MemoryStream(stream), static (_, data) => data.Length).EnumerateAsync())
        {
            events++;
        }

        return events;
    }

    private static async Task<long> OurBytesAsync(byte[] stream)
    {
        long events = 0;
        await foreach (int _ in EventStreamReader.ReadAllAsync(new MemoryStream(stream), static (in Utf8Event e) => e.Data.Length))
        {
            events++;
        }

        return events;
    }

    private static long TheirBytes(byte[] stream)
    {
        long events = 0;
        foreach (SseItem<int> _ in SseParser.Create(new MemoryStream(stream), static (_, data) => data.Length).Enumerate())
        {
            events++;
        }

        return events;
    }

    private static long OurBytes(byte[] stream)
    {
        long events = 0;
        var decoder = new EventStreamDecoder();
        for (int start = 0; start < stream.Length; start += 16 * 1024)
        {
            ReadOnlySpan<byte> rest = stream.AsSpan(start, Math.Min(16 * 1024, stream.Length - start));
            while (decoder.TryRead(ref rest, out _))
            {
                events++;
            }
        }

        return events;
    }

    private static async Task WriteAsync(TextWriter output, int size, string reading, Score[] scores)
    {
        (Score theirs, Score ours) = (scores[0], scores[1]);
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"| {size} B | {reading} | {theirs.ItemsPerSecond / 1e6:F2} M | {theirs.BytesPerItem:F0} | {ours.ItemsPerSecond / 1e6:F2} M | {ours.BytesPerItem:F0} | {ours.Ratio:F2} |"));
    }
}
