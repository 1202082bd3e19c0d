using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Tidings;

/// <summary>Bodies of requests to the hub, within <see cref="TidingsOptions.MaxBodyBytes"/>: the one limit that counts, also above the server's own.</summary>
internal static class RequestBody
{
    /// <summary>Prepares a body to be read; says so if it is known already to be too large. Whoever reads keeps the limit.</summary>
    public static HubProblem? Open(HttpRequest request, TidingsOptions options)
    {
        if (request.ContentLength > options.MaxBodyBytes)
        {
            return HubProblem.BodyTooLarge(options);
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        return null;
    }

    /// <summary>Reads a body to its end; null, with the problem, if it is too large.</summary>
    public static async Task<(byte[]? Bytes, HubProblem? Problem)> ReadAsync(HttpRequest request, TidingsOptions options)
    {
        PipeReader body = request.BodyReader;
        while (true)
        {
            ReadResult read = await body.ReadAsync(request.HttpContext.RequestAborted);
            bool isTooLarge = read.Buffer.Length > options.MaxBodyBytes;
            if (isTooLarge || read.IsCompleted)
            {
                byte[]? bytes = isTooLarge ? null : read.Buffer.ToArray();
                body.AdvanceTo(read.Buffer.End);
                return (bytes, isTooLarge ? HubProblem.BodyTooLarge(options) : null);
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
