using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tidings;

/// <summary>Answers with the description of the hub, written when it is first asked for: only then everything is mapped.</summary>
internal sealed class OpenApiEndpoint
{
    // The path base is part of what is told, and a request may spell it in many ways: the last one is kept, so that no number of them costs memory.
    private volatile Written? _last;

    public Task HandleAsync(HttpContext context)
    {
        string pathBase = context.Request.PathBase.ToUriComponent();
        Written? written = _last;
        if (written is null || written.PathBase != pathBase)
        {
            string ownPath = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "";
            _last = written = new Written(pathBase, OpenApiDocument.Of(context.RequestServices, ownPath, pathBase));
        }

        return written.Document.WriteAsync(context);
    }

    private sealed record Written(string PathBase, OpenApiDocument Document);
}
