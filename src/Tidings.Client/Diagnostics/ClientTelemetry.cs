using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Tidings.Client.Diagnostics;

/// <summary>The meter and the activity source <c>Tidings.Client</c>. Their names are public API, listed in docs/internals/client.md.</summary>
internal static class ClientTelemetry
{
    private const string Name = "Tidings.Client";

    private static readonly ActivitySource Activities = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Attempts =
        Meter.CreateCounter<long>("tidings.client.attempts", "{attempt}", "Attempts to connect.");

    private static readonly Counter<long> Errors =
        Meter.CreateCounter<long>("tidings.client.errors", "{error}", "Connections lost or refused, by reason.");

    private static readonly Counter<long> Events =
        Meter.CreateCounter<long>("tidings.client.events", "{event}", "Events handed to readers and listeners.");

    private static readonly UpDownCounter<long> Streams =
        Meter.CreateUpDownCounter<long>("tidings.client.streams.open", "{stream}", "Streams that are open.");

    public static Activity? StartAttempt(Uri url, int number)
    {
        Attempts.Add(1);
        Activity? activity = Activities.StartActivity("tidings.connect", ActivityKind.Client);
        activity?.SetTag("server.address", url.IdnHost);
        activity?.SetTag("server.port", url.Port);
        activity?.SetTag("tidings.attempt", number);
        return activity;
    }

    public static void AttemptEnded(Activity? activity, EventSourceError? error)
    {
        if (activity is not null && error is not null)
        {
            activity.SetTag("error.type", error.Reason.ToString());
            activity.SetStatus(ActivityStatusCode.Error, error.Message);
        }
    }

    public static void Failed(EventSourceError error) =>
        Errors.Add(1, new KeyValuePair<string, object?>("error.type", error.Reason.ToString()));

    public static void EventRead() => Events.Add(1);

    public static void StreamOpened() => Streams.Add(1);

    public static void StreamClosed() => Streams.Add(-1);
}
