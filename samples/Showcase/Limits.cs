using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>
/// How many streams a page may have open: browsers open no more than six connections to an origin over HTTP/1.1, where each stream needs one; over HTTP/2 one connection carries them all.
/// Every stream tells what the server sees of its run: how many streams are open, over how many connections, and in which version of HTTP.
/// </summary>
internal static class Limits
{
    public static void MapLimits(this WebApplication app)
    {
        var origins = new Origins(app);
        var runs = new ConcurrentDictionary<Guid, ConcurrentDictionary<string, string>>();

        app.MapGet("/limits/origins", (HttpRequest request) => new { other = origins.OtherThan(request), secure = origins.SecureOf(request) });
        app.MapEventStream("/limits/stream", (Guid run, HttpContext context, TimeProvider time, Pace pace) =>
            CountAsync(runs.GetOrAdd(run, _ => new()), context, time, pace, () => runs.TryRemove(run, out _)));
    }

    private static async IAsyncEnumerable<ServerEvent> CountAsync(
        ConcurrentDictionary<string, string> connectionsOfStreams,
        HttpContext context,
        TimeProvider time,
        Pace pace,
        Action forget,
        [EnumeratorCancellation] CancellationToken leaving = default)
    {
        string stream = context.TraceIdentifier; // the connection's id and, after it, the number of the request on that connection
        connectionsOfStreams[stream] = context.Connection.Id;
        try
        {
            using var timer = new PeriodicTimer(pace.Seconds(0.5), time);
            do
            {
                int streams = connectionsOfStreams.Count;
                int connections = connectionsOfStreams.Values.Distinct(StringComparer.Ordinal).Count();
                yield return new ServerEvent(JsonSerializer.Serialize(new { streams, connections, protocol = context.Request.Protocol }));
            }
            while (await timer.WaitForNextTickAsync(leaving));
        }
        finally
        {
            connectionsOfStreams.TryRemove(stream, out _);
            if (connectionsOfStreams.IsEmpty)
            {
                forget();
            }
        }
    }
}
