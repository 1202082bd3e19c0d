using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
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
    private const string Path = "/.well-known/oauth-protected-resource";

    /// <summary>
    /// Maps it where clients look for it (RFC 9728, 3.1) and challenges say that it is: the well-known path, then the whole path of the hub's URL. Without such a URL there are no metadata, but an answer that says so.
    /// </summary>
    /// <param name="endpoints">The app, or a group of it.</param>
    /// <param name="hubPattern">Where the hub is mapped in it.</param>
    public static void Map(IEndpointRouteBuilder endpoints, string hubPattern)
    {
        IEndpointConventionBuilder endpoint = endpoints.MapGet(hubPattern, HandleAsync).WithDisplayName("Tidings hub: metadata").AllowAnonymous();

        // When the endpoints are built: groups put their prefixes before the pattern, and settings may change until then.
        endpoint.Add(builder =>
        {
            var route = (RouteEndpointBuilder)builder;
            Uri? publicUrl = endpoints.ServiceProvider.GetRequiredService<IOptionsMonitor<HubAuthorizationOptions>>().CurrentValue.PublicUrl;
            string hubPath = publicUrl is null ? HubLocation.Rooted(route.RoutePattern.RawText ?? "") : Literal(publicUrl);
            route.RoutePattern = RoutePatternFactory.Parse(Path + hubPath.TrimEnd('/'));
        });
    }

    // Routes are compared with decoded paths, and a brace of theirs is written twice.
    private static string Literal(Uri url) => Uri.UnescapeDataString(url.AbsolutePath).Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);

    private static Task HandleAsync(HttpContext context)
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
