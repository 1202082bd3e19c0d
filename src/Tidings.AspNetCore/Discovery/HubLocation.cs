using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>Where the hub of this app is, as far as the app itself knows.</summary>
internal sealed class HubLocation(IOptions<TidingsOptions> options)
{
    /// <summary>Marks the hub's endpoint among those of the app.</summary>
    public static readonly object Mark = new MarkMetadata();

    /// <summary>With what pattern the hub was mapped, without those of the groups around it; null if the app has none of its own.</summary>
    public string? Pattern { get; private set; }

    /// <summary>Notes where a hub was mapped; the first one counts.</summary>
    public void MappedAt(string pattern) => Pattern ??= pattern;

    /// <summary>The path at which the hub was mapped, with the groups around it; null if the app has none of its own. Known once everything is mapped.</summary>
    public string? PathIn(IServiceProvider services) =>
        Pattern is null ? null
        : services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().FirstOrDefault(endpoint => endpoint.Metadata.GetMetadata<MarkMetadata>() is not null) is { } hub
            ? Rooted(hub.RoutePattern.RawText ?? "")
            : null;

    /// <summary>The hub's URL, as clients know it or, without that, the path by which a client of <paramref name="request"/> finds it; null if the app has no hub.</summary>
    public string? UrlFor(HttpRequest request) =>
        options.Value.PublicUrl?.AbsoluteUri ?? (PathIn(request.HttpContext.RequestServices) is { } path ? request.PathBase.ToUriComponent() + path : null);

    /// <summary>A route's pattern as a path.</summary>
    public static string Rooted(string pattern) => "/" + pattern.Trim('/');

    private sealed class MarkMetadata;
}
