using Tidings;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Tells an app's health checks about Tidings.</summary>
public static class TidingsHealthChecksExtensions
{
    /// <summary>The tag of checks that say whether new work should be sent here.</summary>
    public const string ReadyTag = "ready";

    /// <summary>Adds a check with the tag <see cref="ReadyTag"/>: unhealthy from the moment when the app begins to stop, so that a load balancer looks elsewhere.</summary>
    public static IHealthChecksBuilder AddTidings(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCheck<TidingsReadyCheck>("tidings", tags: [ReadyTag]);
    }
}
