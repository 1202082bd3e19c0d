using System.Net.Sockets;
using System.Net;
using Tidings.Faults.Tests.Recording;

namespace Tidings.Faults.Tests.Load;

/// <summary>Publishes at an even rate, several at a time, and writes down what it is told about each. It never tries again.</summary>
internal sealed class Publisher(string name, LoadOptions load, int seed, ServerGate gate, HttpClient client, Recorder recorder)
{
    /// <summary>What the data of the last event of a topic begins with.</summary>
    public const string EndKeyPrefix = "end-";

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromMilliseconds(20);

    private readonly Random _random = new(seed); // Only the loop touches it.
    private int _count;

    /// <summary>Publishes until it is stopped, and then waits for the answers that are still due.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var inFlight = new SemaphoreSlim(load.InFlight);
        using var timer = new PeriodicTimer(Beat, TimeProvider.System);
        var pending = new List<Task>();
        double due = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                // What could not be sent while the server was away is not made up for.
                due = Math.Min(due + (load.EventsPerSecond * Beat.TotalSeconds), load.InFlight);
                for (; due >= 1; due--)
                {
                    await inFlight.WaitAsync(stopping);
                    Uri hub = await gate.AddressAsync(stopping);
                    pending.Add(PublishOneAsync(hub, inFlight));
                }

                pending.RemoveAll(task => task.IsCompletedSuccessfully);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The run is over.
        }

        await Task.WhenAll(pending);
    }

    /// <summary>Publishes the last event of <paramref name="topic"/>, as often as it takes until one is acknowledged, and returns its key.</summary>
    public async Task<string> PublishEndAsync(string topic, CancellationToken stopping)
    {
        for (int attempt = 0; ; attempt++)
        {
            Uri hub = await gate.AddressAsync(stopping);
            string key = $"{EndKeyPrefix}{topic}-{attempt}";
            if (await PublishAsync(hub, new PublishInvoked(key, topic, IsPrivate: false, key)))
            {
                return key;
            }

            await Task.Delay(PauseAfterRefusal, TimeProvider.System, stopping);
        }
    }

    private async Task PublishOneAsync(Uri hub, SemaphoreSlim inFlight)
    {
        string key = $"{name}-{_count++}";
        string topic = LoadOptions.TopicName(_random.Next(load.Topics));
        bool isPrivate = _random.Next(100) < load.PrivatePercent;
        string data = $"{key} {new string('x', Math.Max(0, load.DataBytes - key.Length - 1))}";
        try
        {
            if (!await PublishAsync(hub, new PublishInvoked(key, topic, isPrivate, data)))
            {
                await Task.Delay(PauseAfterRefusal, TimeProvider.System);
            }
        }
        finally
        {
            inFlight.Release();
        }
    }

    private async Task<bool> PublishAsync(Uri hub, PublishInvoked publish)
    {
        List<KeyValuePair<string, string>> form = [new("topic", publish.Topic), new("data", publish.Data)];
        if (publish.IsPrivate)
        {
            form.Add(new("private", "on"));
        }

        recorder.Add(publish);
        try
        {
            using var content = new FormUrlEncodedContent(form);
            using HttpResponseMessage answer = await client.PostAsync(hub, content);
            string text = await answer.Content.ReadAsStringAsync();
            recorder.Add(Outcome(publish.Key, answer.StatusCode, text));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } or SocketException)
        {
            // No connection came about, so nothing was sent.
            recorder.Add(new PublishRefused(publish.Key, failure.Message));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            recorder.Add(new PublishUnknown(publish.Key, failure.Message));
        }

        return false;
    }

    private static HistoryEntry Outcome(string key, HttpStatusCode status, string text)
    {
        if (status == HttpStatusCode.OK)
        {
            return new PublishAcknowledged(key, text);
        }

        // The hub says in words which of its failures leave nothing behind.
        string why = $"status {(int)status}: {text}";
        bool isRefused = (int)status < 500 || text.Contains("was not stored", StringComparison.Ordinal);
        return isRefused ? new PublishRefused(key, why) : new PublishUnknown(key, why);
    }
}
