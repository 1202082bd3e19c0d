using System.Runtime.CompilerServices;
using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>
/// A ping every second and, now and then, a message without a name: two kinds of events in one stream. The page may open it at the app's second origin
/// and let its cookie travel; the stream begins with what the server saw of it.
/// </summary>
internal static class Ping
{
    private const string CookieName = "visitor";

    public static void MapPing(this WebApplication app)
    {
        Tally sent = app.CountOnIndex("pings", "events sent");
        var origins = new Origins(app);

        // With credentials the answer has to name the origin: browsers refuse "*".
        app.MapEventStream("/ssedemo", (HttpRequest request, TimeProvider time, Pace pace) => sent.Count(PingsAsync(request.Cookies[CookieName], time, pace)))
            .RequireCors(policy => policy.SetIsOriginAllowed(origins.IsOurs).AllowCredentials());

        app.MapGet("/ssedemo/visitor", (HttpContext context) =>
        {
            string visitor = $"guest-{Random.Shared.Next(1000, 10_000)}";
            context.Response.Cookies.Append(CookieName, visitor, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/ssedemo" });
            return new { visitor, otherOrigin = origins.OtherThan(context.Request) };
        });
    }

    private static async IAsyncEnumerable<ServerEvent> PingsAsync(
        string? visitor,
        TimeProvider time,
        Pace pace,
        [EnumeratorCancellation] CancellationToken leaving = default)
    {
        yield return new ServerEvent(JsonSerializer.Serialize(new { cookie = visitor }), "visitor");

        using var timer = new PeriodicTimer(pace.Seconds(1), time);
        int pingsUntilMessage = Random.Shared.Next(1, 10);
        while (await timer.WaitForNextTickAsync(leaving))
        {
            yield return new ServerEvent(JsonSerializer.Serialize(new { time = time.GetUtcNow() }), "ping");

            pingsUntilMessage--;
            if (pingsUntilMessage == 0)
            {
                yield return new ServerEvent($"This is a message at time {time.GetLocalNow():HH:mm:ss}");
                pingsUntilMessage = Random.Shared.Next(1, 10);
            }
        }
    }
}
