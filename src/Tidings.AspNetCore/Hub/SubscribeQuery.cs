using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>
/// The parameters of a subscription: those of the query, then those of the body if the method has one (Mercure protocol, section "Subscription": both are united, and where one value counts the
/// query's comes first).
/// </summary>
internal static class SubscribeQuery
{
    public static async Task<(List<UrlEncoded.Field> Fields, HubProblem? Problem)> ReadAsync(HttpContext context, TidingsOptions options)
    {
        HttpRequest request = context.Request;
        List<UrlEncoded.Field> fields = UrlEncoded.ParseQuery(request.QueryString.Value);
        if (request.Method != SubscribeEndpoint.QueryMethod)
        {
            return (fields, null);
        }

        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) || !type.MediaType.Equals(FormReader.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            return (fields, new HubProblem(
                StatusCodes.Status415UnsupportedMediaType, HeaderNames.ContentType, $"A subscription in a body is sent as {FormReader.MediaType}."));
        }

        if (RequestBody.Open(request, options) is { } refused)
        {
            return (fields, refused);
        }

        try
        {
            (byte[]? body, HubProblem? problem) = await RequestBody.ReadAsync(request, options);
            fields.AddRange(UrlEncoded.Parse(body));
            return (fields, problem);
        }
        catch (Exception failure) when (RequestBody.IsBroken(failure))
        {
            return (fields, RequestBody.Broken(request, failure));
        }
    }
}
