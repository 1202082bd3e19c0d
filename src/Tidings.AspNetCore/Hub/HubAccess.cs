using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>
/// Who asks the hub for something, and whether it may have it: by a token of either dialect if the app takes them, else as whom the app itself has authenticated. Each method answers the
/// request if it refuses.
/// </summary>
internal sealed class HubAccess(
    IOptions<TidingsOptions> options, IOptionsMonitor<HubAuthorizationOptions> authorization, GrantReader grantReader, TimeProvider timeProvider, TokenAuthentication? tokens = null)
{
    private static readonly ClaimsPrincipal Nobody = new(new ClaimsIdentity());

    private Uri? PublicUrl => authorization.CurrentValue.PublicUrl;

    /// <summary>What the request may do; null if it was refused, because what it showed is no good.</summary>
    public async Task<HubGrants?> AuthenticateAsync(HttpContext context)
    {
        // Not by context.User, which makes somebody of nobody, and keeps both.
        ClaimsPrincipal user = context.Features.Get<IHttpAuthenticationFeature>()?.User ?? Nobody;
        if (user.Identity is not { IsAuthenticated: true, AuthenticationType: TidingsTokenDefaults.AuthenticationScheme } && tokens is not null)
        {
            (ClaimsPrincipal? bearer, TokenRefusal? refusal) = await tokens.AuthenticateAsync(context);
            if (refusal is not null)
            {
                await refusal.WriteAsync(context, PublicUrl);
                return null;
            }

            if (bearer is not null)
            {
                context.User = user = bearer;
            }
        }

        bool isOwnUser = user.Identity is { IsAuthenticated: true, AuthenticationType: not TidingsTokenDefaults.AuthenticationScheme };
        if (isOwnUser && TokenInRequest.IsOfForeignPage(context.Request, authorization.CurrentValue))
        {
            await TokenRefusal.ForeignPage.WriteAsync(context, PublicUrl);
            return null;
        }

        if (!grantReader.TryRead(user, out HubGrants? grants))
        {
            await TokenRefusal.Invalid.WriteAsync(context, PublicUrl);
        }

        return grants;
    }

    /// <summary>Whether the request may subscribe to public events; private ones are a matter of each event.</summary>
    public async Task<bool> MaySubscribeAsync(HttpContext context, HubGrants grants)
    {
        if (DevGuard.ReadComplaint(context, options.Value) is { } problem)
        {
            await problem.WriteAsync(context);
            return false;
        }

        if (grants.IsAuthenticated || options.Value.Dev || authorization.CurrentValue.AdmitsAnonymous)
        {
            return true;
        }

        await TokenRefusal.Missing.WriteAsync(context, PublicUrl);
        return false;
    }

    /// <summary>Whether the request may publish anything at all; asked before its body is read.</summary>
    public async Task<bool> MayPublishAsync(HttpContext context, HubGrants grants)
    {
        if (grants.IsAuthenticated)
        {
            return grants.CanPublishAnything || await ForbidAsync(context, grants);
        }

        if (options.Value.Dev)
        {
            if (DevGuard.PublishComplaint(context, options.Value) is not { } problem)
            {
                return true;
            }

            await problem.WriteAsync(context);
        }
        else
        {
            await (authorization.CurrentValue.HasKeys ? TokenRefusal.Missing : TokenRefusal.Unconfigured).WriteAsync(context, PublicUrl);
        }

        return false;
    }

    /// <summary>Whether the request may publish all of <paramref name="drafts"/>: each topic of each of them needs a right (Mercure, "Authorization"), or nothing is published.</summary>
    public async Task<bool> MayPublishAsync(HttpContext context, HubGrants grants, List<EventDraft> drafts)
    {
        if (!grants.IsAuthenticated)
        {
            return true; // in dev mode, where nobody has to show anything
        }

        // The body may have taken longer to come than the rights to end.
        if (grants.Expires <= timeProvider.GetUtcNow())
        {
            await TokenRefusal.Invalid.WriteAsync(context, PublicUrl);
            return false;
        }

        foreach (EventDraft draft in drafts)
        {
            if (!grants.CanPublish(draft.Topics.ToArray()))
            {
                return await ForbidAsync(context, grants);
            }
        }

        return true;
    }

    private async Task<bool> ForbidAsync(HttpContext context, HubGrants grants)
    {
        await TokenRefusal.Insufficient(grants.Dialect).WriteAsync(context, PublicUrl);
        return false;
    }
}
