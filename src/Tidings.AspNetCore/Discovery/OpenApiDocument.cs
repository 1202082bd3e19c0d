using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>
/// The description of the hub's HTTP interface (OpenAPI 3.1). Written by hand, because the endpoints read requests themselves and the framework's generator sees nothing of that; what settings
/// change is filled in: where the hub is, the names of cookies, bounds.
/// </summary>
internal sealed class OpenApiDocument
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[] _json;
    private readonly EntityTagHeaderValue _tag;

    private OpenApiDocument(byte[] json)
    {
        _json = json;
        _tag = new EntityTagHeaderValue($"\"{Base64Url.EncodeToString(SHA256.HashData(json).AsSpan(0, 16))}\"");
    }

    /// <param name="services">Those of the app.</param>
    /// <param name="ownPath">Where the description was mapped.</param>
    /// <param name="pathBase">Below what path the app is.</param>
    public static OpenApiDocument Of(IServiceProvider services, string ownPath, string pathBase)
    {
        TidingsOptions options = services.GetRequiredService<IOptions<TidingsOptions>>().Value;
        JsonObject document = ReadTemplate();
        document["info"]!["version"] = typeof(OpenApiDocument).Assembly.GetName().Version!.ToString(3); // the template and the assembly have them
        if (options.PublicUrl is { } publicUrl)
        {
            document["servers"] = new JsonArray(new JsonObject { ["url"] = publicUrl.GetLeftPart(UriPartial.Authority) });
        }

        string hubPath = services.GetRequiredService<HubLocation>().PathIn(services)!; // there is one: without a hub nothing is described
        document["paths"] = Paths(document["paths"]!.AsObject(), Rooted(hubPath), Rooted(ownPath), pathBase, options.PublicUrl, Mapped(services));
        FillIn(document["components"]!, options, services.GetRequiredService<IOptions<HubAuthorizationOptions>>().Value);
        var json = new ArrayBufferWriter<byte>(64 * 1024);
        using (var writer = new Utf8JsonWriter(json, Readable))
        {
            document.WriteTo(writer);
        }

        return new OpenApiDocument(json.WrittenSpan.ToArray());
    }

    public Task WriteAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.CacheControl = "public, max-age=300";
        headers.AccessControlAllowOrigin = "*"; // public, and the same for everybody
        headers.XContentTypeOptions = "nosniff";
        return TypedResults.Bytes(_json, "application/json", entityTag: _tag).ExecuteAsync(context);
    }

    private static JsonObject ReadTemplate()
    {
        using Stream resource = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("openapi.json")!; // embedded by the project
        return JsonNode.Parse(resource)!.AsObject();
    }

    // The template has the default paths. A path that the app has not mapped, such as those for probes, is left out.
    private static JsonObject Paths(JsonObject template, string hubPath, string ownPath, string pathBase, Uri? publicUrl, HashSet<string> mapped)
    {
        const string TemplateHubPath = TidingsEndpointRouteBuilderExtensions.DefaultHubPath;
        string publicHubPath = publicUrl?.AbsolutePath.TrimEnd('/') ?? pathBase + hubPath;

        // A proxy that puts something before the hub's path puts it before the app's other paths, too.
        string prefix = publicHubPath.EndsWith(hubPath, StringComparison.Ordinal) ? publicHubPath[..^hubPath.Length] : "";
        var paths = new JsonObject();
        foreach ((string path, JsonNode? item) in template)
        {
            int hub = path.IndexOf(TemplateHubPath, StringComparison.Ordinal);
            string? actual = hub >= 0 ? path[..hub] + publicHubPath + path[(hub + TemplateHubPath.Length)..]
                : path == TidingsEndpointRouteBuilderExtensions.DefaultOpenApiPath ? prefix + ownPath
                : mapped.Contains(path) ? prefix + path
                : null;
            if (actual is not null)
            {
                paths[actual.Length == 0 ? "/" : actual] = item!.DeepClone(); // no path is null
            }
        }

        return paths;
    }

    private static void FillIn(JsonNode components, TidingsOptions options, HubAuthorizationOptions authorization)
    {
        JsonNode schemes = components["securitySchemes"]!; // as is all that is named here: a test reads the result
        schemes["accessTokenCookie"]!["name"] = authorization.CookieName;
        schemes["legacyCookie"]!["name"] = authorization.Legacy.CookieName;
        JsonNode schemas = components["schemas"]!;
        schemas["Batch"]!["maxItems"] = options.MaxBatchEvents;
        schemas["Topics"]!["maxItems"] = options.MaxTopics;
    }

    private static HashSet<string> Mapped(IServiceProvider services) =>
        [.. services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Select(endpoint => Rooted(endpoint.RoutePattern.RawText ?? ""))];

    private static string Rooted(string pattern) => pattern.Trim('/') is { Length: > 0 } path ? $"/{path}" : "";
}
