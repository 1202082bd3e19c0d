using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Extensions.Options;

namespace Tidings.Server;

/// <summary>
/// The names under which the hub may be asked for, by the framework's own setting and its own check. What the hub tells about itself never comes from <c>Host</c>; the check keeps out requests that a name of
/// somebody else was made to lead here (DNS rebinding).
/// </summary>
internal static class AllowedHosts
{
    /// <summary>The setting: names separated by semicolons, such as <c>example.com;*.example.com</c>; <c>*</c>, or none, for all.</summary>
    public const string Key = "AllowedHosts";

    public static void AddAllowedHosts(this IServiceCollection services, IConfiguration configuration) =>
        services.Configure<HostFilteringOptions>(options => options.AllowedHosts = ListedIn(configuration) is { Length: > 0 } hosts ? hosts : ["*"]);

    /// <summary>Adds the check, if there is anything to check.</summary>
    public static void UseAllowedHosts(this IApplicationBuilder app)
    {
        if (app.ApplicationServices.GetRequiredService<IOptions<HostFilteringOptions>>().Value.AllowedHosts is not ["*"])
        {
            app.UseHostFiltering();
        }
    }

    private static string[] ListedIn(IConfiguration configuration) => configuration[Key]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
