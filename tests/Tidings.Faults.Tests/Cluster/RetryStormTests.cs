using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Net;
using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.Recording;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Cluster;

/// <summary>Publishers whose connections are cut before they have the answer try again with the same key, at whichever node.</summary>
[Collection(ClusterCollection.Name)]
public sealed class RetryStormTests(ClusterDatabase database)
{
    private const int InFlight = 16;
    private const int Copies = 2;

    // The headers and the id; a cut beyond that is none.
    private const int AnswerBytes = 250;

    [Fact]
    public async Task An_event_that_is_published_again_and_again_at_random_nodes_is_stored_exactly_once()
    {
        int publishes = TortureOptions.IsLong ? 100_000 : 200;
        await using ClusterRun run = await ClusterRun.StartAsync(new ClusterOptions
        {
            Name = "cluster-retry",
            Host = database.NewLog(),
            Load = ClusterOptions.Scaled with { EventsPerSecond = 0, PrivateChains = 0 }, // the storm is what is published
        });
        var proxies = new List<CuttingProxy>();
        try
        {
            for (int node = 0; node < 3; node++)
            {
                var cuts = new Random(run.Random.Next());
                Uri hub = run.Address(node);
                proxies.Add(new CuttingProxy(
                    IPEndPoint.Parse(hub.Authority),
                    _ => cuts.Next(100) < 60 ? new Cut(cuts.Next(AnswerBytes), cuts.Next(2) == 0 ? CutKind.Fin : CutKind.Reset) : null));
            }

            Uri[] hubs = [.. proxies.Select((proxy, node) => new Uri($"http://{proxy.Address}{run.Address(node).AbsolutePath}"))];
            int attempts = await StormAsync(run, hubs, publishes);
            TestContext.Current.TestOutputHelper?.WriteLine($"{attempts} attempts for {publishes} events");
            Assert.True(attempts > publishes * Copies, "No attempt was cut.");
        }
        finally
        {
            foreach (CuttingProxy proxy in proxies)
            {
                await proxy.DisposeAsync();
            }
        }

        CheckReport report = await run.PassAsync();
        Assert.True(report.Acknowledged >= publishes && report.Gaps == 0, report.ToString());
    }

    private static async Task<int> StormAsync(ClusterRun run, Uri[] hubs, int publishes)
    {
        // A connection for each attempt: a cut one says nothing of the next.
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });
        var seeds = new ConcurrentQueue<int>(Enumerable.Range(0, publishes).Select(_ => run.Random.Next()));
        int attempts = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, publishes),
            new ParallelOptions { MaxDegreeOfParallelism = InFlight },
            async (number, _) =>
            {
                seeds.TryDequeue(out int seed);
                var random = new Random(seed);
                string key = $"storm-{number}";
                string topic = Load.LoadOptions.TopicName(random.Next(8));
                run.Recorder.Add(new PublishInvoked(key, topic, IsPrivate: false, key));

                // Several at the same time, as by a publisher that is impatient: one of them stores the event, and each is told the same id.
                int[] copies = [.. Enumerable.Range(0, Copies).Select(_ => random.Next())];
                string[] ids = await Task.WhenAll(copies.Select(async copy =>
                {
                    var choice = new Random(copy);
                    while (true)
                    {
                        Interlocked.Increment(ref attempts);
                        if (await TryAsync(client, hubs[choice.Next(hubs.Length)], topic, key) is { } id)
                        {
                            return id;
                        }
                    }
                }));
                foreach (string id in ids)
                {
                    run.Recorder.Add(new PublishAcknowledged(key, id));
                }
            });
        return attempts;
    }

    private static async Task<string?> TryAsync(HttpClient client, Uri hub, string topic, string key)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, hub) { Content = new FormUrlEncodedContent([new("topic", topic), new("data", key)]) };
            request.Headers.Add("Idempotency-Key", $"\"{key}\"");
            request.Headers.ConnectionClose = true;
            using HttpResponseMessage answer = await client.SendAsync(request);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : null;
        }
        catch (Exception failure) when (failure is HttpRequestException or SocketException or IOException)
        {
            return null; // cut off; what became of it is what the next attempt is told
        }
    }
}
