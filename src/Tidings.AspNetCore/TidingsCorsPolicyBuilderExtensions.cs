using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Tidings;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Says which pages of other origins may use the hub.</summary>
public static class TidingsCorsPolicyBuilderExtensions
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, "QUERY"];

    private static readonly string[] RequestHeaders =
        [HeaderNames.Authorization, HeaderNames.CacheControl, HeaderNames.ContentType, LastEventId.Header, "Idempotency-Key"];

    private static readonly string[] ExposedHeaders = [HeaderNames.Link, .. SubscriberResponses.CursorHeaders];

    /// <summary>
    /// Lets pages of these origins use the hub as the Mercure protocol has it: its methods, the request headers that its clients send, and the response headers that they read.
    /// </summary>
    /// <param name="policy">The policy, for <c>MapTidings().RequireCors(policy => policy.WithTidingsHub(…))</c>.</param>
    /// <param name="origins">
    /// Origins such as <c>https://example.com</c>, compared exactly; their pages may send credentials, cookies among them. Or <c>*</c> alone: pages of any origin, without credentials. None lets no page in.
    /// </param>
    /// <returns>The same policy, whose origins, methods, headers and credentials are set; what else it says stays.</returns>
    /// <exception cref="ArgumentException">One of them is no origin, or <c>*</c> is not alone.</exception>
    /// <remarks>
    /// That a page may send its cookie does not make the hub take it: a token in a cookie also needs the origin in <see cref="HubAuthorizationOptions.CorsOrigins"/> to subscribe, and in
    /// <see cref="HubAuthorizationOptions.PublishOrigins"/> to publish.
    /// </remarks>
    public static CorsPolicyBuilder WithTidingsHub(this CorsPolicyBuilder policy, params IEnumerable<string> origins)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(origins);
        policy.WithMethods(Methods).WithHeaders(RequestHeaders).WithExposedHeaders(ExposedHeaders);
        string[] listed = [.. origins];
        if (OriginList.IsAny(listed))
        {
            return policy.AllowAnyOrigin().DisallowCredentials();
        }

        foreach (string origin in listed)
        {
            if (OriginList.Normalize(origin) is null)
            {
                throw new ArgumentException(
                    $"\"{origin}\" is not an origin such as https://example.com, without a path or a slash at the end. \"*\" stands alone: it lets in pages of any origin without credentials.",
                    nameof(origins));
            }
        }

        // A rule rather than a list: for a list of one the framework leaves "Vary: Origin" out.
        var allowed = new OriginList(listed);
        return policy.SetIsOriginAllowed(allowed.Contains).AllowCredentials();
    }
}
