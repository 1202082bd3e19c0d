using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tidings;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Tidings to an app.</summary>
public static class TidingsServiceCollectionExtensions
{
    private static readonly TimeSpan UsualWait = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Adds the <see cref="Broker"/>, an in-memory log, and what event streams need: heartbeats and an orderly end when the app stops.
    /// Settings come from the configuration section <c>Tidings</c>, then from <paramref name="configure"/>; a bad one stops the start.
    /// Calling it again only adds <paramref name="configure"/>.
    /// </summary>
    public static ITidingsBuilder AddTidings(this IServiceCollection services, Action<TidingsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<TidingsOptions> options = services.AddOptions<TidingsOptions>();
        bool isFirstCall = services.All(service => service.ServiceType != typeof(OpenStreams));
        if (isFirstCall)
        {
            options.BindConfiguration(TidingsOptions.SectionName).ValidateOnStart();
            options.PostConfigure<IServiceProviderIsService>(static (options, services) =>
            {
                // What one node's streams have is a small part of what several serve, and the way back from a database is long.
                bool isLogShared = services.IsService(typeof(INodeEntries));
                options.PublishWaitsForStreams ??= isLogShared ? TimeSpan.Zero : UsualWait;
            });
            AddParts(services);
        }

        if (configure is not null)
        {
            options.Configure(configure);
        }

        return new Builder(services);
    }

    private static void AddParts(IServiceCollection services)
    {
        services.AddProblemDetails();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TidingsOptions>, TidingsOptionsValidator>());
        services.TryAddSingleton<IEventLog>(provider =>
            new InMemoryEventLog(provider.GetRequiredService<IOptions<TidingsOptions>>().Value.MemoryLog));
        services.TryAddSingleton(provider => new Broker(
            provider.GetRequiredService<IOptions<TidingsOptions>>().Value.Broker,
            provider.GetRequiredService<IEventLog>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Broker>>(),
            provider.GetService<IMeterFactory>()));
        services.AddSingleton<OpenStreams>();
        services.AddSingleton<StreamLimits>();
        services.AddSingleton<StreamGate>();
        services.AddSingleton<SubscriberResponses>();
        services.AddSingleton<PatternShares>();
        services.AddSingleton<ReplayBudgets>();
        services.AddSingleton<HubLocation>();
        services.TryAddSingleton<GrantReader>();
        services.AddSingleton<HubAccess>();
        services.AddSingleton<SubscribeEndpoint>();
        services.AddSingleton<PublishEndpoint>();
        services.AddOptions<HubAuthorizationOptions>()
            .BindConfiguration(TidingsOptions.SectionName)
            .PostConfigure<IOptions<TidingsOptions>>(static (authorization, tidings) => authorization.PublicUrl ??= tidings.Value.PublicUrl)
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HubAuthorizationOptions>, HubAuthorizationOptionsValidator>());

        // The host must not cut the drain short; how long the drain may take is known here.
        services.AddOptions<HostOptions>().PostConfigure<IOptions<TidingsOptions>>(static (host, tidings) =>
        {
            TimeSpan needed = TidingsLifetime.LongestDrain(tidings.Value) + TimeSpan.FromSeconds(5);
            host.ShutdownTimeout = host.ShutdownTimeout < needed ? needed : host.ShutdownTimeout;
        });
        services.AddSingleton<IHostedService, TidingsLifetime>();
        AddSubscriptions(services);
    }

    private static void AddSubscriptions(IServiceCollection services)
    {
        services.TryAddSingleton<ISubscriptionsAccess, GrantedSubscriptionsAccess>();
        services.AddSingleton<ActiveSubscriptions>();
        services.AddSingleton<SubscriptionLists>();
        services.AddSingleton<SubscriptionAnnouncer>();
        services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<SubscriptionAnnouncer>());
        services.AddSingleton<SubscriptionPages>();
        services.AddSingleton<SubscriptionsEndpoint>();
    }

    private sealed class Builder(IServiceCollection services) : ITidingsBuilder
    {
        public IServiceCollection Services => services;
    }
}
