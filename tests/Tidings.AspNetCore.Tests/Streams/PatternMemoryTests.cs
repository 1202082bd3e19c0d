using System.Diagnostics.CodeAnalysis;
using System.Net;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

[Collection(AloneCollection.Name)]
public sealed class PatternMemoryTests
{
    private const int PatternsPerStream = 100;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("TIDINGS_LONG") == "1";

    // Usual patterns with a regular expression each, as many as there may be; with TIDINGS_LONG=1 as many as by default.
    [Fact]
    public async Task However_many_streams_come_with_patterns_of_their_own_memory_stays_in_its_budget_and_the_rest_is_refused()
    {
        const int BytesPerPattern = 4096; // all that is kept for one: matcher, index, counts
        const int BytesPerStream = 64 * 1024;
        const int BytesBeside = 16 * 1024 * 1024; // pools of a process that has run all the other tests, and fills them anew meanwhile
        int admitted = IsLong ? 500 : 60;
        long most = (admitted * PatternsPerStream * (long)BytesPerPattern) + (admitted * (long)BytesPerStream) + BytesBeside;
        Assert.InRange(await MemoryUse.LeastAsync(most, () => BytesOfAsync(admitted)), double.MinValue, most);
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "Disposed in the loop at the end.")]
    private static async Task<double> BytesOfAsync(int admitted)
    {
        await using TestApp app = await GuardedHub.StartAsync(options =>
        {
            options.Broker.MaxPatterns = admitted * PatternsPerStream;
            options.Streams.MaxPatternsPerClient = 0;
        });
        List<TestStream> streams = [await app.SubscribeWithAsync(null, "match=warm")];
        long before = MemoryUse.KeptBytes();
        for (int i = 0; i < admitted; i++)
        {
            streams.Add(await app.SubscribeWithAsync(null, QueryOf(i)));
        }

        long used = MemoryUse.KeptBytes() - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{admitted} streams, {admitted * PatternsPerStream} patterns: {used} bytes, both sides of the connections and the requests among them");
        for (int i = admitted; i < admitted * 2; i++)
        {
            await using TestStream refused = await app.SubscribeWithAsync(null, QueryOf(i));
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.Response.StatusCode);
        }

        Assert.All(streams, stream => Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode));
        foreach (TestStream stream in streams)
        {
            await stream.DisposeAsync();
        }

        return used;
    }

    private static string QueryOf(int stream) => string.Join('&', Enumerable.Range(0, PatternsPerStream).Select(i => $"match_urlpattern=/s{stream}/t{i}/(%5Cd%7B4%7D)"));
}
