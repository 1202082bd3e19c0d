using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>Stops the start of the app when a setting of the authorization is wrong, with a sentence that names it. The keys are checked when they are read: <see cref="TokenKeys"/>.</summary>
internal sealed class HubAuthorizationOptionsValidator : IValidateOptions<HubAuthorizationOptions>
{
    public ValidateOptionsResult Validate(string? name, HubAuthorizationOptions options)
    {
        var builder = new ValidateOptionsResultBuilder();
        CheckOrigins(builder, options.PublishOrigins, nameof(options.PublishOrigins));
        if (!OriginList.IsAny([.. options.CorsOrigins]))
        {
            CheckOrigins(builder, options.CorsOrigins, nameof(options.CorsOrigins));
        }

        CheckCookie(builder, options.CookieName, nameof(options.CookieName));
        CheckCookie(builder, options.Legacy.CookieName, $"{nameof(options.Legacy)}:{nameof(options.Legacy.CookieName)}");
        CheckTime(builder, options.JwksRefreshInterval, nameof(options.JwksRefreshInterval), TimeSpan.FromSeconds(10), TimeSpan.FromHours(24));
        CheckTime(builder, options.JwksMinimumInterval, nameof(options.JwksMinimumInterval), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        return builder.Build();
    }

    private static void CheckOrigins(ValidateOptionsResultBuilder builder, IList<string> origins, string name)
    {
        for (int i = 0; i < origins.Count; i++)
        {
            if (OriginList.Normalize(origins[i]) is null)
            {
                builder.AddError(
                    $"Tidings:{name}:{i} is \"{origins[i]}\"; it must be an origin such as https://example.com, without a path or a slash at the end. Wildcards and \"null\" are not possible: "
                    + "whoever is on the list uses the cookies of the hub's users.");
            }
        }
    }

    private static void CheckCookie(ValidateOptionsResultBuilder builder, string value, string name)
    {
        if (value.Length == 0 || value.Any(character => !char.IsAsciiLetterOrDigit(character) && !"!#$%&'*+-.^_`|~".Contains(character, StringComparison.Ordinal)))
        {
            builder.AddError($"Tidings:{name} is \"{value}\", which cannot be the name of a cookie.");
        }
    }

    private static void CheckTime(ValidateOptionsResultBuilder builder, TimeSpan value, string name, TimeSpan minimum, TimeSpan maximum)
    {
        if (value < minimum || value > maximum)
        {
            builder.AddError($"Tidings:{name} is {value}; it must be from {minimum} to {maximum} (hours:minutes:seconds).");
        }
    }
}
