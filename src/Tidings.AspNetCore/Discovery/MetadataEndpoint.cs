using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>
/// What a client of protocol 1.0 has to know to get a token (RFC 9728, and the Mercure protocol, section "Discovery"). A hub that takes no such tokens has none, which tells clients that it
/// speaks 0.x.
/// </summary>
internal static class MetadataEndpoint
{
    /// <summary>The well-known path that goes before the hub's own.</summary>
    public const string Path = "/.well-known/oauth-protected-resource";

    public static Task HandleAsync(HttpContext context)
    {
        HubAuthorizationOptions authorization = context.RequestServices.GetRequiredService<IOptionsMonitor<HubAuthorizationOptions>>().CurrentValue;
        if (authorization.PublicUrl is not { } publicUrl || authorization.Issuers.Count == 0)
        {
            return new HubProblem(StatusCodes.Status404NotFound, Field: null, "This hub has no metadata: it takes no tokens of protocol 1.0, or does not know its own URL.").WriteAsync(context);
        }

        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "public, max-age=300";
        context.Response.Headers.AccessControlAllowOrigin = "*"; // public, and the same for everybody
        using (var json = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            bool hasSubscriptions = context.RequestServices.GetRequiredService<IOptions<TidingsOptions>>().Value.Subscriptions.Enabled;
            Write(json, publicUrl, authorization, hasSubscriptions);
        }

        return context.Response.CompleteAsync();
    }

    private static void Write(Utf8JsonWriter json, Uri publicUrl, HubAuthorizationOptions authorization, bool hasSubscriptions)
    {
        json.WriteStartObject();
        json.WriteString("resource", publicUrl.OriginalString);
        json.WriteStartArray("authorization_servers");
        foreach (string server in authorization.Issuers.SelectMany(issuer => issuer.AuthorizationServers).Select(server => server.OriginalString).Distinct(StringComparer.Ordinal))
        {
            json.WriteStringValue(server);
        }

        json.WriteEndArray();
        WriteOne(json, "authorization_details_types_supported", AuthorizationDetails.Type);
        WriteOne(json, "bearer_methods_supported", "header");
        json.WriteString("mercure_cookie", authorization.CookieName);
        json.WriteBoolean("mercure_subscriptions", hasSubscriptions);
        json.WriteEndObject();
    }

    private static void WriteOne(Utf8JsonWriter json, string name, string value)
    {
        json.WriteStartArray(name);
        json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
