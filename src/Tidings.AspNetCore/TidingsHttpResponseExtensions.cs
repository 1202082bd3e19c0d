using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>Tells the clients of an app where its hub is.</summary>
public static class TidingsHttpResponseExtensions
{
    /// <summary>
    /// Adds the header <c>Link</c> by which a client finds the hub and the topic to subscribe to (Mercure protocol, section "Discovery"). Call it before the body is written.
    /// </summary>
    /// <param name="response">The response with the resource.</param>
    /// <param name="topic">The topic on which changes of the resource are published (<c>rel="self"</c>). Default: none is told; the client takes the URL of the resource.</param>
    /// <param name="lastEventId">
    /// Where the stream should begin, so that nothing is missed between this response and the subscription: <see cref="Broker.GetLastEventIdAsync"/>, asked before the resource was
    /// read. Default: none.
    /// </param>
    /// <param name="contentType">The media type of the events' data, if it is not that of the resource.</param>
    /// <param name="type">The type of the events, if all have the same one.</param>
    /// <exception cref="InvalidOperationException">The app has no hub: neither <c>MapTidings</c> was called nor <see cref="TidingsOptions.PublicUrl"/> set.</exception>
    public static void AddHubLink(this HttpResponse response, Topic? topic = null, SseId? lastEventId = null, string? contentType = null, EventType? type = null)
    {
        ArgumentNullException.ThrowIfNull(response);
        string url = response.HttpContext.RequestServices.GetRequiredService<HubLocation>().UrlFor(response.HttpContext.Request)
            ?? throw new InvalidOperationException("There is no hub to link to. Map one with app.MapTidings(), or set Tidings:PublicUrl to the URL of another app's.");
        StringBuilder link = new StringBuilder(HeaderText.Url(url)).Append("; rel=\"mercure\"");
        Append(link, "last-event-id", lastEventId?.Value);
        Append(link, "content-type", contentType);
        Append(link, "type", type?.Value);
        response.Headers.Append(HeaderNames.Link, link.ToString());
        if (topic is { } self)
        {
            response.Headers.Append(HeaderNames.Link, $"{HeaderText.Url(self.Value)}; rel=\"self\"");
        }
    }

    private static void Append(StringBuilder link, string name, string? value)
    {
        if (value is not null)
        {
            link.Append("; ").Append(name).Append('=').Append(HeaderText.Quoted(value));
        }
    }
}
