using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.FileProviders;

namespace Showcase;

/// <summary>The pages under wwwroot, and one for every address that there is not.</summary>
internal static class Pages
{
    private const string OurOrigins = "http://localhost:* http://127.0.0.1:* https://localhost:* https://127.0.0.1:*";

    // No inline script or style; pictures may be data, since people's portraits are drawn by the server; streams and frames may come from the app's other origins.
    private const string ContentSecurityPolicy =
        $"default-src 'self'; img-src 'self' data:; connect-src 'self' {OurOrigins}; frame-src 'self' {OurOrigins}; base-uri 'none'; form-action 'none'; frame-ancestors ";

    // The one page that is made to be shown inside another, of our own.
    private const string FramedPage = "/limits/panel.html";

    public static void UsePages(this WebApplication app)
    {
        app.UseStatusCodePages(ExplainNotFoundAsync);
        app.UseDefaultFiles();
        app.UseStaticFiles(new StaticFileOptions
        {
            OnPrepareResponse = file =>
            {
                file.Context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy + (file.Context.Request.Path == FramedPage ? OurOrigins : "'none'");
                file.Context.Response.Headers.XContentTypeOptions = "nosniff";
                file.Context.Response.Headers.CacheControl = "no-cache";
            },
        });
    }

    private static Task ExplainNotFoundAsync(StatusCodeContext context)
    {
        HttpResponse response = context.HttpContext.Response;
        if (response.StatusCode != StatusCodes.Status404NotFound)
        {
            return Task.CompletedTask;
        }

        IFileInfo page = context.HttpContext.RequestServices.GetRequiredService<IWebHostEnvironment>().WebRootFileProvider.GetFileInfo("404.html");
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = page.Length;
        response.Headers.ContentSecurityPolicy = $"{ContentSecurityPolicy}'none'";
        return HttpMethods.IsHead(context.HttpContext.Request.Method) ? Task.CompletedTask : response.SendFileAsync(page);
    }
}
