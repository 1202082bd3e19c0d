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
internal sealed partial class TokenAuthentication(
    IOptionsMonitor<HubAuthorizationOptions> settings, TokenValidator validator, IServiceProviderIsService services, ILogger<TokenAuthentication> logger)
{
    // Of the request's own services, if at all: it may use a database. To ask where there is none would make a scope for nothing.
    private readonly bool _hasTransformation = services.IsService(typeof(IClaimsTransformation));

    /// <summary>Whom a request to the hub comes from; null if it shows no token, or if it is refused.</summary>
    public async ValueTask<(ClaimsPrincipal? User, TokenRefusal? Refusal)> AuthenticateAsync(HttpContext context)
    {
        (ValidToken? token, TokenRefusal? refusal, TokenDefect? defect) = await ReadAsync(context);
        if (token is null)
        {
            if (defect is not null)
            {
                LogRefused(logger, defect);
            }

            return (null, refusal);
        }

        var user = new ClaimsPrincipal(token.ToIdentity(TidingsTokenDefaults.AuthenticationScheme));
        return _hasTransformation && context.RequestServices.GetService<IClaimsTransformation>() is { } transformation
            ? (await transformation.TransformAsync(user), null)
            : (user, null);
    }

    /// <summary>The same for the framework, which has its own words for the outcomes.</summary>
    public async Task<AuthenticateResult> AuthenticateAsync(HttpContext context, string scheme)
    {
        (ValidToken? token, TokenRefusal? refusal, TokenDefect? defect) = await ReadAsync(context);
        if (refusal is not null)
        {
            return AuthenticateResult.Fail(new TokenRefusedException(refusal, defect));
        }

        return token is null
            ? AuthenticateResult.NoResult()
            : AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(token.ToIdentity(scheme)), scheme));
    }

    // Neither a token nor a refusal if the request shows none.
    private async ValueTask<(ValidToken? Token, TokenRefusal? Refusal, TokenDefect? Defect)> ReadAsync(HttpContext context)
    {
        TokenInRequest found = TokenInRequest.Find(context.Request, settings.CurrentValue);
        if (found.Refusal is not null || found.Token is not { } text)
        {
            return (null, found.Refusal, null);
        }

        (ValidToken? token, TokenDefect? defect) = await validator.ValidateAsync(text, found.Place, context.RequestAborted);
        return (token, token is null ? TokenRefusal.Invalid : null, defect);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A token was refused: {Defect}.")]
    private static partial void LogRefused(ILogger logger, TokenDefect? defect);
}
