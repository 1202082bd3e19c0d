using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>Bodies of requests to the hub, within <see cref="TidingsOptions.MaxBodyBytes"/>: the one limit that counts, also above the server's own.</summary>
internal static class RequestBody
{
    /// <summary>Prepares a body to be read; says so if it is known already that it cannot be, or is too large. Whoever reads keeps the limit.</summary>
    public static HubProblem? Open(HttpRequest request, TidingsOptions options)
    {
        // The server takes any list that ends in "chunked" for chunks and hands the rest over as it came. Others on the way may have seen another end of the body (RFC 9112, 11.2).
        string coding = request.Headers.TransferEncoding.ToString();
        if (coding.Length > 0 && !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase))
        {
            CloseAfterwards(request);
            return HubProblem.BadField(HeaderNames.TransferEncoding, "A body is sent with a Content-Length, or in chunks and with no other coding.");
        }

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

    /// <summary>Says whether reading a body failed by the fault of whoever sent it, and still waits for an answer: bytes that are no chunks, or too few in their time.</summary>
    public static bool IsBroken(Exception failure) => failure is BadHttpRequestException or IOException { InnerException: OverflowException }; // the size of a chunk

    /// <summary>The answer to a body that is broken. Not left to the server, which would log an error for every such body that anybody sends.</summary>
    public static HubProblem Broken(HttpRequest request, Exception failure)
    {
        CloseAfterwards(request);
        int status = (failure as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
        return new HubProblem(status, Field: null, "The body did not come as its head says.");
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

    // Where the next request would begin is not known.
    private static void CloseAfterwards(HttpRequest request)
    {
        if (HttpProtocol.IsHttp11(request.Protocol))
        {
            request.HttpContext.Response.Headers.Connection = "close";
        }
    }
}
