using System.Net;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// Who may use a hub without authorization in dev mode: programs and pages of this machine. A page from elsewhere that is open in the developer's browser must
/// not: neither by a form that it posts to localhost, nor by a host name of its own that it lets point to this machine.
/// </summary>
internal static class DevGuard
{
    /// <summary>Says why the request may not read, or null if it may: in dev mode the host name that it uses must be one of this machine.</summary>
    public static HubProblem? ReadComplaint(HttpContext context, TidingsOptions options) =>
        options.Dev && !IsLoopbackHost(context.Request.Host.Host)
            ? Forbidden("In dev mode the hub is addressed as localhost or by a loopback address.")
            : null;

    /// <summary>Says why the request may not publish in dev mode, or null if it may.</summary>
    public static HubProblem? PublishComplaint(HttpContext context, TidingsOptions options)
    {
        if (context.Connection.RemoteIpAddress is not { } address || !IPAddress.IsLoopback(address))
        {
            return Forbidden("In dev mode only this machine may publish.");
        }

        if (ReadComplaint(context, options) is { } complaint)
        {
            return complaint;
        }

        HttpRequest request = context.Request;
        string origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
            ? Forbidden("In dev mode only the hub's own page may publish from a browser.")
            : null;
    }

    private static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    private static HubProblem Forbidden(string detail) => new(StatusCodes.Status403Forbidden, Field: null, detail);
}
