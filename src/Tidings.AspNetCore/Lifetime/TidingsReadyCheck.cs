using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Tidings;

/// <summary>Ready as long as streams and publishes are accepted: not while the app stops, not after the log has given up, and not while it does not answer.</summary>
internal sealed class TidingsReadyCheck(OpenStreams streams, Broker broker, IEventLog log, TimeProvider timeProvider) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (streams.IsDraining)
        {
            return HealthCheckResult.Unhealthy("The hub is stopping.");
        }

        if (broker.LogFailed.IsCompleted)
        {
            return HealthCheckResult.Unhealthy("The log has failed, and nothing can be published.");
        }

        try
        {
            await log.GetPositionAsync(cancellationToken).AsTask().WaitAsync(Patience, timeProvider, cancellationToken);
        }
        catch (Exception failure) when (failure is EventLogException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy("The log does not answer. Open streams go on when it does.");
        }

        return HealthCheckResult.Healthy($"The hub accepts streams and publishes. Durability: {log.Durability.ToString().ToLowerInvariant()}.");
    }
}
