using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tidings;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what decides who may publish and who sees private events.</summary>
public static class TidingsAuthorizationExtensions
{
    /// <summary>
    /// Adds authentication by the access tokens of the Mercure protocol, 1.0 and 0.x side by side, each judged by its own rules. Settings come from the configuration section <c>Tidings</c>
    /// (<see cref="HubAuthorizationOptions"/>), then from <paramref name="configure"/>; wrong ones, keys that are too weak among them, stop the start.
    /// </summary>
    /// <param name="builder">The app's authentication.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <remarks>The scheme is <see cref="TidingsTokenDefaults.AuthenticationScheme"/>; it may be the default one, or one of several.</remarks>
    public static AuthenticationBuilder AddTidingsTokens(this AuthenticationBuilder builder, Action<HubAuthorizationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddTidingsTokens(configure);
        return builder.AddScheme<AuthenticationSchemeOptions, TidingsTokenHandler>(TidingsTokenDefaults.AuthenticationScheme, configureOptions: null);
    }

    /// <summary>The same for the hub alone: without the framework's authentication, which a server with nothing else on it has no use for.</summary>
    internal static void AddTidingsTokens(this IServiceCollection services, Action<HubAuthorizationOptions>? configure = null)
    {
        services.AddTidings();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton<TokenKeys>();
        services.AddHostedService(static provider => provider.GetRequiredService<TokenKeys>());
        services.TryAddSingleton<TokenWatch>();
        services.TryAddSingleton(static provider =>
        {
            TokenKeys keys = provider.GetRequiredService<TokenKeys>();
            return new TokenValidator(() => keys.Current, provider.GetRequiredService<TimeProvider>());
        });
        services.TryAddSingleton<TokenAuthentication>();
    }

    /// <summary>
    /// Adds a rule of the app's own: which rights a user has at the hub, beside those of the user's token. Called for each request of an authenticated user, from several threads at once; it
    /// should not take long. Rules add up.
    /// </summary>
    public static ITidingsBuilder AddGrants(this ITidingsBuilder builder, Func<ClaimsPrincipal, IEnumerable<TopicGrant>> grantsOf)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(grantsOf);
        builder.Services.AddSingleton(new GrantRule(grantsOf));
        return builder;
    }
}
