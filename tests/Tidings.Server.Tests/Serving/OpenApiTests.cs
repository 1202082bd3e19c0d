using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Tidings.Server.Tests.Serving;

public sealed class OpenApiTests
{
    [Theory]
    [InlineData("/healthz/live", 200)]
    [InlineData("/healthz/ready", 200)]
    public async Task The_description_of_a_hub_tells_all_that_the_hub_serves_its_probes_among_it(string probe, int status)
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false);

        JsonElement paths = JsonSerializer.Deserialize<JsonElement>(await hub.Client.GetStringAsync("/openapi.json")).GetProperty("paths");
        using HttpResponseMessage response = await hub.Client.GetAsync(probe);

        Assert.Equal(
            hub.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Select(endpoint => ShapeOf(endpoint.RoutePattern.RawText!)).Distinct().Order(StringComparer.Ordinal), // mapped by its text
            paths.EnumerateObject().Select(path => ShapeOf(path.Name)).Order(StringComparer.Ordinal));
        JsonElement described = paths.GetProperty(probe).GetProperty("get").GetProperty("responses").GetProperty($"{status}").GetProperty("content");
        Assert.Equal(described.EnumerateObject().Single().Name, response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(status, (int)response.StatusCode);
    }

    // Without the names of variables, which only the description tells.
    private static string ShapeOf(string path) => string.Join('/', path.Trim('/').Split('/').Select(segment => segment.StartsWith('{') ? "{}" : segment));
}
