using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>Access without tokens: in dev mode this machine may see everything, and otherwise nobody anything.</summary>
internal sealed class DevSubscriptionsAccess(IOptions<TidingsOptions> options) : ISubscriptionsAccess
{
    public bool SpeaksLegacy => options.Value.Dev;

    public ValueTask<SubscriptionsCaller?> IdentifyAsync(HttpContext context)
    {
        bool isDeveloper = Complaint(context) is null;
        return ValueTask.FromResult<SubscriptionsCaller?>(new SubscriptionsCaller
        {
            Key = context.Connection.RemoteIpAddress?.ToString() ?? "",
            IsAnonymous = !isDeveloper,
            MayReceive = _ => isDeveloper,
        });
    }

    public Task RefuseAsync(HttpContext context, SubscriptionsCaller caller)
    {
        if (!options.Value.Dev)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        return (Complaint(context) ?? new HubProblem(StatusCodes.Status403Forbidden, Field: null, "This is not granted.")).WriteAsync(context);
    }

    private HubProblem? Complaint(HttpContext context) =>
        !options.Value.Dev
            ? new HubProblem(StatusCodes.Status401Unauthorized, Field: null, "Subscriptions are listed for those to whom it is granted, and no authorization is configured.")
        : context.Connection.RemoteIpAddress is not { } address || !IPAddress.IsLoopback(address)
            ? new HubProblem(StatusCodes.Status403Forbidden, Field: null, "In dev mode subscriptions are listed for this machine alone.")
        : DevGuard.ReadComplaint(context, options.Value);
}
