using System.Runtime.CompilerServices;
using Tidings;

namespace Showcase;

/// <summary>A named event every five seconds, numbered from 0; a client that comes back gets the next number.</summary>
internal static class Counter
{
    public static void MapCounter(this WebApplication app)
    {
        Tally sent = app.CountOnIndex("counting", "events sent");
        app.MapEventStream("/counter", (LastEventId last, TimeProvider time, Pace pace) => sent.Count(CountAsync(FirstAfter(last), time, pace)))
            .RequireCors(policy => policy.AllowAnyOrigin());
    }

    private static async IAsyncEnumerable<ServerEvent> CountAsync(
        long first,
        TimeProvider time,
        Pace pace,
        [EnumeratorCancellation] CancellationToken leaving = default)
    {
        using var timer = new PeriodicTimer(pace.Seconds(5), time);
        for (long id = first; await timer.WaitForNextTickAsync(leaving); id++)
        {
            yield return new ServerEvent($"Message -- {time.GetUtcNow().ToUnixTimeMilliseconds()}", "event1", $"{id}");
        }
    }

    private static long FirstAfter(LastEventId last) => long.TryParse(last.Value, out long id) && id is >= 0 and < long.MaxValue ? id + 1 : 0;
}
