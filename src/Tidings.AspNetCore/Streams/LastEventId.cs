using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// The id of the last event that the client has, as it sent it: a parameter that any endpoint may take. Read from the header <c>Last-Event-ID</c>
/// (WHATWG HTML 9.2.4), which browsers send when they reconnect, or else from the query: <c>last_event_id</c>, <c>lastEventID</c> or <c>Last-Event-ID</c>,
/// for the first connection of a page that already has a state.
/// </summary>
/// <param name="Value">The id, possibly empty; null if the client sent none.</param>
public readonly record struct LastEventId(string? Value)
{
    internal const string Header = "Last-Event-ID";

    private static readonly string[] QueryNames = ["last_event_id", "lastEventID", Header];

    /// <summary>Whether the client sent an id, be it an empty one.</summary>
    public bool IsSent => Value is not null;

    /// <summary>Where a subscriber that came with this id begins: an id that is not sent or empty asks for nothing that is past.</summary>
    public StartAt StartAt => Value switch
    {
        null or "" => StartAt.Latest,
        ReservedNames.Earliest => StartAt.Earliest,
        _ => StartAt.After(Value),
    };

    /// <summary>Reads the id from a request; what the framework calls for a parameter of this type.</summary>
    public static ValueTask<LastEventId> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ValueTask.FromResult(From(context.Request));
    }

    /// <summary>Reads the id from a request whose parameters were read already, those of the query before those of the body.</summary>
    internal static LastEventId From(HttpRequest request, List<UrlEncoded.Field> parameters)
    {
        if (request.Headers.TryGetValue(Header, out Microsoft.Extensions.Primitives.StringValues header))
        {
            return new LastEventId(header.ToString());
        }

        foreach (UrlEncoded.Field parameter in parameters)
        {
            if (Array.IndexOf(QueryNames, parameter.Name) >= 0)
            {
                return new LastEventId(parameter.Value ?? "");
            }
        }

        return default;
    }

    internal static LastEventId From(HttpRequest request) => From(request, UrlEncoded.ParseQuery(request.QueryString.Value));
}
