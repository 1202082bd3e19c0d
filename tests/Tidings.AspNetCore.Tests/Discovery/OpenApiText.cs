using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Tidings.AspNetCore.Tests.Discovery;

/// <summary>The description of a hub as tests look at it: its operations, and what a reference stands for.</summary>
internal sealed class OpenApiText
{
    private static readonly string[] Methods = ["get", "head", "post", "x-query"];

    // Of the server, of proxies, or against browsers that guess: nothing that a client acts on.
    private static readonly string[] OfAnyAnswer = ["Referrer-Policy", "Date", "Server", "Transfer-Encoding", "Connection", "X-Accel-Buffering", "X-Content-Type-Options"];

    private OpenApiText(JsonElement root) => Root = root;

    public JsonElement Root { get; }

    /// <summary>The operations, as "GET /path".</summary>
    public IEnumerable<string> Operations =>
        from path in Root.GetProperty("paths").EnumerateObject()
        from member in path.Value.EnumerateObject()
        where member.Name != "parameters"
        select $"{MethodOf(member.Name)} {path.Name}";

    public static async Task<OpenApiText> GetAsync(TestApp app, string path = "/openapi.json")
    {
        using HttpResponseMessage response = await app.Client.GetAsync(path, TestApp.Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new OpenApiText(JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestApp.Cancellation)));
    }

    /// <summary>The routes that the app has mapped, as <see cref="Operations"/> names them; one that takes any method is named with GET.</summary>
    public static IEnumerable<string> RoutesOf(IServiceProvider services) =>
        from endpoint in services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}"; // each was mapped by its text

    public JsonElement Operation(string method, string path) =>
        Root.GetProperty("paths").GetProperty(path).GetProperty(method == "QUERY" ? "x-query" : method.ToLowerInvariant());

    /// <summary>What is described for a status of an operation.</summary>
    public JsonElement Response(string method, string path, int status)
    {
        Assert.True(Operation(method, path).GetProperty("responses").TryGetProperty($"{status}", out JsonElement response), $"{method} {path} answers {status}, which is not described.");
        return Resolve(response);
    }

    /// <summary>Asserts that the status, the media type and the headers of the response are among those that are described.</summary>
    public void AssertDescribes(string method, string path, HttpResponseMessage response)
    {
        JsonElement described = Response(method, path, (int)response.StatusCode);
        if (response.Content.Headers.ContentType is { MediaType: { } type })
        {
            Assert.Contains(type, described.GetProperty("content").EnumerateObject().Select(content => content.Name));
        }

        string[] headers = described.TryGetProperty("headers", out JsonElement all) ? [.. all.EnumerateObject().Select(header => header.Name)] : [];
        Assert.All(response.Headers.Select(header => header.Key).Except(OfAnyAnswer, StringComparer.OrdinalIgnoreCase), header => Assert.Contains(header, headers));
    }

    public IEnumerable<string> PropertiesOf(string schema) =>
        Root.GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("properties").EnumerateObject().Select(property => property.Name);

    public IEnumerable<string> QueryParametersOf(string method, string path) =>
        from parameter in Operation(method, path).GetProperty("parameters").EnumerateArray().Select(Resolve)
        where parameter.GetProperty("in").GetString() == "query"
        select parameter.GetProperty("name").GetString();

    public JsonElement Resolve(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty("$ref", out JsonElement reference) ? Find(reference.GetString()!) : element; // a text

    /// <summary>What a reference points to; fails the test if there is nothing.</summary>
    public JsonElement Find(string reference)
    {
        Assert.StartsWith("#/", reference, StringComparison.Ordinal);
        JsonElement found = Root;
        foreach (string name in reference[2..].Split('/'))
        {
            Assert.True(found.TryGetProperty(name, out found), $"{reference} points to nothing.");
        }

        return found;
    }

    /// <summary>All references of the document.</summary>
    public IEnumerable<string> References() => References(Root);

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => member.Name == "$ref" ? [member.Value.GetString()!] : References(member.Value)), // a text
        _ => [],
    };

    private static string MethodOf(string member)
    {
        Assert.Contains(member, Methods);
        return member == "x-query" ? "QUERY" : member.ToUpperInvariant();
    }
}
