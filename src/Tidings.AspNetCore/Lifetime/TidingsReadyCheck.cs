using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Tidings;

/// <summary>Ready as long as streams and publishes are accepted: not while the app stops, and not after the log has given up.</summary>
internal sealed class TidingsReadyCheck(OpenStreams streams, Broker broker, IEventLog log) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(streams.IsDraining
            ? HealthCheckResult.Unhealthy("The hub is stopping.")
            : broker.LogFailed.IsCompleted ? HealthCheckResult.Unhealthy("The log has failed, and nothing can be published.")
            : HealthCheckResult.Healthy($"The hub accepts streams and publishes. Durability: {log.Durability.ToString().ToLowerInvariant()}."));
}
