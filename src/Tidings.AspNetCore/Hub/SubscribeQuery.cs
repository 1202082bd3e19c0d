using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
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

        if (request.ContentLength > options.MaxBodyBytes)
        {
            return (fields, HubProblem.BodyTooLarge(options));
        }

        // MaxBodyBytes is the limit, also above the server's own; it is kept while reading.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        while (true)
        {
            ReadResult read = await request.BodyReader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > options.MaxBodyBytes)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return (fields, HubProblem.BodyTooLarge(options));
            }

            if (read.IsCompleted)
            {
                fields.AddRange(UrlEncoded.Parse(read.Buffer.ToArray()));
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return (fields, null);
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
