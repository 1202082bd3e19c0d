using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>
/// The answer to somebody who may not: RFC 6750, section 3, with the address of the metadata of RFC 9728. The texts are fixed: why a token is invalid is for the log, not for whoever tries tokens out.
/// </summary>
internal sealed record TokenRefusal(int Status, string? Error, string Detail, Dialect Dialect = Dialect.Current)
{
    private const string MetadataPath = "/.well-known/oauth-protected-resource";

    /// <summary>Nothing was shown where something is needed.</summary>
    public static TokenRefusal Missing { get; } = new(StatusCodes.Status401Unauthorized, Error: null, "This needs a token, and none was sent.");

    /// <summary>Something is needed, and nobody can have it yet.</summary>
    public static TokenRefusal Unconfigured { get; } = new(
        StatusCodes.Status401Unauthorized,
        Error: null,
        "Publishing over HTTP needs authorization, and none is configured. For development on this machine, start the hub in dev mode.");

    /// <summary>The token is no good, for whatever reason.</summary>
    public static TokenRefusal Invalid { get; } = new(StatusCodes.Status401Unauthorized, "invalid_token", "The token is not valid here.");

    /// <summary>The token was presented in a way that cannot be understood.</summary>
    public static TokenRefusal Malformed { get; } =
        new(StatusCodes.Status400BadRequest, "invalid_request", "A token is sent once, as \"Authorization: Bearer TOKEN\" or in the hub's cookie.");

    /// <summary>The token's cookie came with a request of a page that may not use it.</summary>
    public static TokenRefusal ForeignPage { get; } = new(StatusCodes.Status403Forbidden, Error: null, "Pages of this origin may not use the hub with a cookie.");

    /// <summary>The token is good, and does not grant this.</summary>
    public static TokenRefusal Insufficient(Dialect? dialect) => dialect == Dialect.Legacy
        ? new(StatusCodes.Status401Unauthorized, Error: null, "The token does not grant this.", Dialect.Legacy)
        : new(StatusCodes.Status403Forbidden, "insufficient_scope", "The token does not grant this.");

    /// <summary>The challenge, for the header <c>WWW-Authenticate</c>; null if a challenge would not help.</summary>
    public string? Challenge(Uri? publicUrl)
    {
        if (Error is null && Status != StatusCodes.Status401Unauthorized)
        {
            return null;
        }

        string[] parameters =
        [
            .. publicUrl is not null && Dialect == Dialect.Current ? [$"resource_metadata=\"{MetadataUrl(publicUrl)}\""] : Array.Empty<string>(),
            .. Error is not null ? [$"error=\"{Error}\""] : Array.Empty<string>(),
        ];
        return parameters.Length == 0 ? "Bearer" : $"Bearer {string.Join(", ", parameters)}";
    }

    /// <summary>Where the metadata of the hub is (RFC 9728, 3.1): its path goes behind the well-known one.</summary>
    public static string MetadataUrl(Uri publicUrl) => $"{publicUrl.GetLeftPart(UriPartial.Authority)}{MetadataPath}{(publicUrl.AbsolutePath == "/" ? "" : publicUrl.AbsolutePath)}";

    /// <summary>Answers with this refusal.</summary>
    public Task WriteAsync(HttpContext context, Uri? publicUrl)
    {
        if (Challenge(publicUrl) is { } challenge)
        {
            context.Response.Headers.WWWAuthenticate = StringValues.Concat(context.Response.Headers.WWWAuthenticate, challenge);
        }

        context.Response.Headers.Append(HeaderNames.Vary, "Authorization, Cookie, Origin");
        return new HubProblem(Status, Field: null, Detail).WriteAsync(context);
    }
}
