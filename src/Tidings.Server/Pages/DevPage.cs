namespace Tidings.Server;

/// <summary>
/// The page of dev mode. Its files are part of the assembly and each has a route of its own: no part of a request ever names a file.
/// </summary>
internal static class DevPage
{
    /// <summary>Nothing but our own module and style sheet: text of an event that got into the page as markup could still not run.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
        + "form-action 'none'; require-trusted-types-for 'script'";

    private static readonly string[] ReadMethods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapDevPage(this IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, "/", "index.html", "text/html; charset=utf-8");
        Map(endpoints, "/pages/tidings.css", "tidings.css", "text/css; charset=utf-8");
        Map(endpoints, "/pages/dev.js", "dev.js", "text/javascript; charset=utf-8");
    }

    private static void Map(IEndpointRouteBuilder endpoints, string path, string file, string contentType)
    {
        byte[] content = Read(file);
        endpoints.MapMethods(path, ReadMethods, context =>
        {
            context.Response.ContentType = contentType;
            context.Response.ContentLength = content.Length;
            context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers["Referrer-Policy"] = "no-referrer";
            context.Response.Headers.CacheControl = "no-cache";
            return HttpMethods.IsHead(context.Request.Method)
                ? Task.CompletedTask
                : context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask();
        });
    }

    private static byte[] Read(string file)
    {
        using Stream resource = typeof(DevPage).Assembly.GetManifestResourceStream($"Pages/{file}")
            ?? throw new InvalidOperationException($"The page's file {file} is not in the assembly.");
        byte[] content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }
}
