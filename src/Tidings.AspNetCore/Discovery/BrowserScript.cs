using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>The browser's module, <c>tidings.js</c>, as it is part of the assembly: a page loads it from the hub that it listens to, and so in the version that fits.</summary>
internal static class BrowserScript
{
    private static readonly byte[] Script = Read();
    private static readonly EntityTagHeaderValue Tag = new($"\"{Base64Url.EncodeToString(SHA256.HashData(Script).AsSpan(0, 16))}\"");

    public static Task WriteAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.CacheControl = "no-cache"; // Kept, and asked for each time whether it is still the same: a hub that was updated has another.
        headers.AccessControlAllowOrigin = "*"; // Modules are loaded by the rules of CORS; this one is public, and the same for everybody.
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        headers.XContentTypeOptions = "nosniff";
        return TypedResults.Bytes(Script, "text/javascript; charset=utf-8", entityTag: Tag).ExecuteAsync(context);
    }

    private static byte[] Read()
    {
        using Stream resource = typeof(BrowserScript).Assembly.GetManifestResourceStream("tidings.js")!; // embedded by the project
        byte[] script = new byte[resource.Length];
        resource.ReadExactly(script);
        return script;
    }
}
