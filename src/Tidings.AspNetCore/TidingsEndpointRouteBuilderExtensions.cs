using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tidings;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the hub and event streams into an app.</summary>
public static class TidingsEndpointRouteBuilderExtensions
{
    /// <summary>Where the Mercure protocol expects a hub.</summary>
    public const string DefaultHubPath = "/.well-known/mercure";

    /// <summary>Where the description of the hub is, unless told otherwise.</summary>
    internal const string DefaultOpenApiPath = "/openapi.json";

    /// <summary>Where the browser's module is, unless told otherwise.</summary>
    internal const string DefaultScriptPath = "/tidings.js";

    private static readonly string[] ReadMethods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Maps the hub: <c>GET</c> subscribes, <c>POST</c> publishes, as the Mercure protocol says. Until authorization is configured nobody can publish,
    /// except from this machine in dev mode (<see cref="TidingsOptions.Dev"/>), and private events are shown to nobody.
    /// </summary>
    /// <param name="endpoints">The app.</param>
    /// <param name="pattern">The path of the hub. Default <c>/.well-known/mercure</c>.</param>
    /// <returns>All endpoints: CORS, authorization, rate limits and names are added to them as to any other.</returns>
    /// <exception cref="InvalidOperationException"><c>AddTidings</c> was not called.</exception>
    public static IEndpointConventionBuilder MapTidings(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = DefaultHubPath)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        RequireServices(endpoints);
        endpoints.ServiceProvider.GetRequiredService<HubLocation>().MappedAt(pattern);
        MetadataEndpoint.Map(endpoints, pattern);
        RouteGroupBuilder hub = endpoints.MapGroup(pattern);
        ((IEndpointConventionBuilder)hub).Add(TellNoReferrer);
        hub.MapMethods("", [.. ReadMethods, SubscribeEndpoint.QueryMethod], Handle<SubscribeEndpoint>(endpoints, static (hub, context) => hub.HandleAsync(context))).WithDisplayName("Tidings hub: subscribe").WithMetadata(HubLocation.Mark);
        hub.MapPost("", Handle<PublishEndpoint>(endpoints, static (hub, context) => hub.HandleAsync(context))).WithDisplayName("Tidings hub: publish");
        SubscriptionsEndpoint.Map(hub, endpoints.ServiceProvider);
        return hub;
    }

    /// <summary>
    /// Maps the description of the hub (OpenAPI 3.1, JSON) for <c>GET</c> and <c>HEAD</c>. It names the hub by <see cref="TidingsOptions.PublicUrl"/> or, without that, by its path in the app; it holds no secret,
    /// anybody may read it, and caches keep it for five minutes.
    /// </summary>
    /// <param name="endpoints">The app.</param>
    /// <param name="pattern">The path of the description, without parameters. Default <c>/openapi.json</c>.</param>
    /// <returns>The endpoint: CORS, authorization and names are added to it as to any other.</returns>
    /// <exception cref="InvalidOperationException"><c>MapTidings</c> was not called before, or the hub's path has parameters.</exception>
    public static IEndpointConventionBuilder MapTidingsOpenApi(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = DefaultOpenApiPath)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        RequireServices(endpoints);
        if (endpoints.ServiceProvider.GetRequiredService<HubLocation>().Pattern is not { } hubPattern || hubPattern.Contains('{', StringComparison.Ordinal))
        {
            throw new InvalidOperationException("There is no hub to describe. Map one with app.MapTidings() before, at a path without parameters.");
        }

        var endpoint = new OpenApiEndpoint();
        return endpoints.MapMethods(pattern, ReadMethods, endpoint.HandleAsync).WithDisplayName("Tidings hub: OpenAPI").AllowAnonymous();
    }

    /// <summary>
    /// Maps the browser's module for <c>GET</c> and <c>HEAD</c>: <c>import { TidingsSource } from "/tidings.js"</c> gives a page an <c>EventSource</c> that shares one stream among tabs,
    /// retries, renews tokens and never loses its place. It holds no secret, anybody may load it, from pages of any origin too, and browsers ask each time whether theirs is the newest
    /// (<c>ETag</c>).
    /// </summary>
    /// <param name="endpoints">The app.</param>
    /// <param name="pattern">The path of the module. Default <c>/tidings.js</c>.</param>
    /// <returns>The endpoint: authorization and names are added to it as to any other.</returns>
    public static IEndpointConventionBuilder MapTidingsScript(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = DefaultScriptPath)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapMethods(pattern, ReadMethods, BrowserScript.WriteAsync).WithDisplayName("Tidings hub: browser module").AllowAnonymous();
    }

    /// <summary>
    /// Maps an event stream. The handler takes what any endpoint takes (route values, services, <see cref="LastEventId"/>, <see cref="CancellationToken"/> …) and returns,
    /// as it is or as a task: a <see cref="Topic"/> or several, to stream what the broker has on them; an <see cref="IAsyncEnumerable{T}"/> of events
    /// (<see cref="ServerEvent"/>, the framework's <c>SseItem</c>, text, or any value, which is sent as JSON); or an <see cref="IResult"/>, such as
    /// <see cref="EventStream.Over"/> when there is nothing more to come.
    /// </summary>
    /// <returns>The endpoint: CORS, authorization, rate limits and names are added to it as to any other.</returns>
    /// <exception cref="InvalidOperationException"><c>AddTidings</c> was not called, or the handler returns something else.</exception>
    [RequiresUnreferencedCode("Reads the handler by reflection. In a trimmed app, map a RequestDelegate that executes a result of EventStream.")]
    [RequiresDynamicCode("Reads the handler by reflection. In a native app, map a RequestDelegate that executes a result of EventStream.")]
    public static RouteHandlerBuilder MapEventStream(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, Delegate handler)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(handler);
        RequireServices(endpoints);
        EventStreamHandler.CheckReturnType(handler.Method, pattern);
        return endpoints.MapMethods(pattern, ReadMethods, handler)
            .AddEndpointFilter(EventStreamHandler.ToResultAsync)
            .Produces(StatusCodes.Status200OK, responseType: null, EventStream.MediaType);
    }

    // The endpoint is made with the first request, when the app has started, and kept: to ask the request's own services would make a scope for each, which a stream would keep.
    private static RequestDelegate Handle<TEndpoint>(IEndpointRouteBuilder endpoints, Func<TEndpoint, HttpContext, Task> handle)
        where TEndpoint : class
    {
        TEndpoint? endpoint = null;
        return context => handle(endpoint ??= endpoints.ServiceProvider.GetRequiredService<TEndpoint>(), context);
    }

    // The URL of a subscription may hold a token of protocol 0.x: whoever follows a link from an answer that a browser shows must not take it along.
    private static void TellNoReferrer(EndpointBuilder endpoint)
    {
        RequestDelegate handle = endpoint.RequestDelegate!; // each of the hub's endpoints has one
        endpoint.RequestDelegate = context =>
        {
            context.Response.Headers["Referrer-Policy"] = "no-referrer";
            return handle(context);
        };
    }

    private static void RequireServices(IEndpointRouteBuilder endpoints)
    {
        if (endpoints.ServiceProvider.GetService<IServiceProviderIsService>()?.IsService(typeof(OpenStreams)) is false)
        {
            throw new InvalidOperationException("Tidings is not among the services. Add it with builder.Services.AddTidings() before the app is built.");
        }
    }
}
