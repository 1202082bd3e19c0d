using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>Authenticates requests by the tokens of either dialect, and answers those that may not as each dialect's clients expect it.</summary>
internal sealed class TidingsTokenHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    IOptionsMonitor<HubAuthorizationOptions> settings,
    TokenAuthentication tokens,
    GrantReader grants)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => tokens.AuthenticateAsync(Context, Scheme.Name);

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        AuthenticateResult result = await HandleAuthenticateOnceSafeAsync();
        TokenRefusal refusal = result.Failure switch
        {
            TokenRefusedException refused => refused.Refusal,
            null => TokenRefusal.Missing,
            _ => TokenRefusal.Invalid,
        };
        await refusal.WriteAsync(Context, settings.CurrentValue.PublicUrl);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        Dialect? dialect = grants.TryRead(Context.User, out HubGrants? read) ? read.Dialect : null;
        return TokenRefusal.Insufficient(dialect).WriteAsync(Context, settings.CurrentValue.PublicUrl);
    }
}
