using System.Security.Claims;
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
    TokenValidator validator,
    GrantReader grants)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        TokenInRequest found = TokenInRequest.Find(Request, settings.CurrentValue);
        if (found.Refusal is { } refusal)
        {
            return AuthenticateResult.Fail(new TokenRefusedException(refusal, defect: null));
        }

        if (found.Token is not { } text)
        {
            return AuthenticateResult.NoResult();
        }

        (ValidToken? token, TokenDefect? defect) = await validator.ValidateAsync(text, found.Place, Context.RequestAborted);
        return token is null
            ? AuthenticateResult.Fail(new TokenRefusedException(TokenRefusal.Invalid, defect))
            : AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(token.ToIdentity(Scheme.Name)), Scheme.Name));
    }

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
