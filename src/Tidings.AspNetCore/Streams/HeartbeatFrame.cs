using System.Text;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// What keeps a silent stream open: a comment; or for a client that asks by <c>heartbeat=event</c> an event, because browsers hide comments from scripts (WHATWG HTML 9.2.6) and a page that
/// hears nothing could not tell a quiet hub from a dead connection. The event has no id, so the client's cursor stays where it is, and tells at what interval to expect the next.
/// </summary>
internal static class HeartbeatFrame
{
    private const string Type = "tidings-heartbeat";
    private const string Parameter = "heartbeat";
    private const string Value = "event";

    /// <summary>Whether the client asks for heartbeats that scripts can see: nobody else is sent events that nobody published.</summary>
    public static bool IsVisible(HttpRequest request) =>
        UrlEncoded.MayHave(request.QueryString.Value, Parameter) && request.Query[Parameter].Contains(Value, StringComparer.Ordinal);

    /// <summary>The event, made once for each stream.</summary>
    public static ReadOnlyMemory<byte> Visible(TimeSpan interval) =>
        Encoding.ASCII.GetBytes($$"""event: {{Type}}{{'\n'}}data: {"interval":{{(long)interval.TotalMilliseconds}}}{{"\n\n"}}""");
}
