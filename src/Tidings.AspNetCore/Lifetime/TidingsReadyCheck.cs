using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Tidings;

/// <summary>Ready as long as streams are accepted: not while the app stops.</summary>
internal sealed class TidingsReadyCheck(OpenStreams streams) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(streams.IsDraining
            ? HealthCheckResult.Unhealthy("The hub is stopping.")
            : HealthCheckResult.Healthy("The hub accepts streams and publishes."));
}
