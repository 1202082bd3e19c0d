using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>
/// Finds the token of a request and makes of it whom the request comes from. The hub asks it directly: through the framework's service each request, and each stream for as long as it is open, would
/// keep a handler, a scope and two tasks. The authentication scheme, for everything else in an app, asks it as well.
/// </summary>
internal sealed partial class TokenAuthentication(IOptionsMonitor<HubAuthorizationOptions> settings, TokenValidator validator, ILogger<TokenAuthentication> logger)
{
    /// <summary>Whom a request to the hub comes from; null if it shows no token, or if it is refused.</summary>
    public ValueTask<(ClaimsPrincipal? User, TokenRefusal? Refusal)> AuthenticateAsync(HttpContext context)
    {
        TokenInRequest found = TokenInRequest.Find(context.Request, settings.CurrentValue);
        return found.Token is null || found.Refusal is not null
            ? ValueTask.FromResult<(ClaimsPrincipal?, TokenRefusal?)>((null, found.Refusal))
            : AuthenticateAsync(context, found);
    }

    /// <summary>The same for the framework, which has its own words for the outcomes.</summary>
    public async Task<AuthenticateResult> AuthenticateAsync(HttpContext context, string scheme)
    {
        TokenInRequest found = TokenInRequest.Find(context.Request, settings.CurrentValue);
        if (found.Refusal is { } refusal)
        {
            return AuthenticateResult.Fail(new TokenRefusedException(refusal, defect: null));
        }

        if (found.Token is not { } text)
        {
            return AuthenticateResult.NoResult();
        }

        (ValidToken? token, TokenDefect? defect) = await validator.ValidateAsync(text, found.Place, context.RequestAborted);
        return token is null
            ? AuthenticateResult.Fail(new TokenRefusedException(TokenRefusal.Invalid, defect))
            : AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(token.ToIdentity(scheme)), scheme));
    }

    private async ValueTask<(ClaimsPrincipal? User, TokenRefusal? Refusal)> AuthenticateAsync(HttpContext context, TokenInRequest found)
    {
        (ValidToken? token, TokenDefect? defect) = await validator.ValidateAsync(found.Token!, found.Place, context.RequestAborted); // not null: the caller looked
        if (token is null)
        {
            LogRefused(logger, defect);
            return (null, TokenRefusal.Invalid);
        }

        var user = new ClaimsPrincipal(token.ToIdentity(TidingsTokenDefaults.AuthenticationScheme));
        return context.RequestServices.GetService<IClaimsTransformation>() is { } transformation
            ? (await transformation.TransformAsync(user), null)
            : (user, null);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A token was refused: {Defect}.")]
    private static partial void LogRefused(ILogger logger, TokenDefect? defect);
}
