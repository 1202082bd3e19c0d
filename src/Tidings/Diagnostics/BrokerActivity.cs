using System.Diagnostics;

namespace Tidings;

/// <summary>The traces of a broker.</summary>
internal static class BrokerActivity
{
    /// <summary>The name of the activity source; part of the public face.</summary>
    public const string SourceName = "Tidings.Broker";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Starts the span of one publish, with the attributes of the OpenTelemetry messaging conventions; null if nobody listens.</summary>
    public static Activity? StartPublish()
    {
        Activity? activity = Source.StartActivity("publish", ActivityKind.Producer);
        activity?.SetTag("messaging.system", "tidings");
        activity?.SetTag("messaging.operation.name", "publish");
        activity?.SetTag("messaging.operation.type", "send");
        return activity;
    }
}
