using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>Access by the grants that a request has shown; in dev mode this machine may see everything without any.</summary>
internal sealed class GrantedSubscriptionsAccess(IOptions<TidingsOptions> options, IOptionsMonitor<HubAuthorizationOptions> authorization) : ISubscriptionsAccess
{
    public bool SpeaksLegacy => options.Value.Dev || authorization.CurrentValue.Legacy is not { Publisher: null, Subscriber: null };

    public SubscriptionsCaller CallerOf(HttpContext context, HubGrants grants)
    {
        bool isDeveloper = !grants.IsAuthenticated && options.Value.Dev && DevGuard.PublishComplaint(context, options.Value) is null;
        return new SubscriptionsCaller
        {
            Key = grants.IsAuthenticated ? grants.Subject : context.Connection.RemoteIpAddress?.ToString() ?? "",
            IsAnonymous = !grants.IsAuthenticated && !isDeveloper,
            Dialect = grants.Dialect,
            MayReceive = topic => isDeveloper || grants.CanReceivePrivate([topic]),
            PayloadFor = grants.PayloadFor,
        };
    }

    public Task RefuseAsync(HttpContext context, SubscriptionsCaller caller)
    {
        if (caller.IsAnonymous && options.Value.Dev && DevGuard.PublishComplaint(context, options.Value) is { } complaint)
        {
            return complaint.WriteAsync(context);
        }

        return (caller.IsAnonymous ? TokenRefusal.Missing : TokenRefusal.Insufficient(caller.Dialect)).WriteAsync(context, authorization.CurrentValue.PublicUrl);
    }
}
