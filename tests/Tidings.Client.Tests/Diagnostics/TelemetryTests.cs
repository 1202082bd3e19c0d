using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tidings.Testing;

namespace Tidings.Client.Tests.Diagnostics;

[Collection(nameof(AloneCollection))]
public sealed class TelemetryTests
{
    private readonly ObservedTimeProvider _time = new();

    [Fact]
    public async Task Attempts_errors_events_and_open_streams_are_counted()
    {
        var sums = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Tidings.Client")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            string name = tags.Length == 0 ? instrument.Name : $"{instrument.Name} {tags[0].Value}";
            sums.AddOrUpdate(name, value, (_, sum) => sum + value);
        });
        listener.Start();

        await RunAsync();

        Assert.Equal<string[]>(
            [
                "tidings.client.attempts 2", "tidings.client.errors NoContent 1", "tidings.client.errors StreamEnded 1",
                "tidings.client.events 2", "tidings.client.streams.open 0",
            ],
            [.. sums.Select(sum => $"{sum.Key} {sum.Value}").Order(StringComparer.Ordinal)]);
    }

    [Fact]
    public async Task Every_attempt_is_an_activity()
    {
        var activities = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Tidings.Client",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);

        await RunAsync();

        Assert.Equal<string[]>(["tidings.connect Unset ", "tidings.connect Error NoContent"], [.. activities.Select(a => $"{a.OperationName} {a.Status} {a.GetTagItem("error.type")}")]);
        Assert.All(activities, activity => Assert.Equal("127.0.0.1", activity.GetTagItem("server.address")));
    }

    private async Task RunAsync()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        (await server.AcceptStreamAsync("data: a\n\ndata: b\n\n")).Close();
        await _time.NextWaitAsync();
        _time.Advance(TimeSpan.FromSeconds(3));
        await server.AnswerAsync("HTTP/1.1 204 No Content\r\n\r\n");
        await client.ExpectAsync("open Open", "message: a", "message: b", "error StreamEnded Connecting", "error NoContent Closed", "ended");
    }
}
