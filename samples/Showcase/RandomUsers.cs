using System.Runtime.CompilerServices;
using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>
/// Ten made-up people, one every two seconds. A client that comes back goes on where it stopped; one that has them all is told not to come back.
/// </summary>
internal static partial class RandomUsers
{
    private const int Count = 10;
    private const string EndId = "-1";

    public static void MapRandomUsers(this WebApplication app)
    {
        Tally sent = app.CountOnIndex("users", "people sent");
        app.MapEventStream("/getUsers", (LastEventId last, TimeProvider time, Pace pace) => last.Value == EndId
                ? EventStream.Over
                : EventStream.Of(sent.Count(UsersAsync(FirstAfter(last), time, pace, app.Logger))))
            .RequireCors(policy => policy.AllowAnyOrigin());
    }

    private static async IAsyncEnumerable<ServerEvent> UsersAsync(
        int first,
        TimeProvider time,
        Pace pace,
        ILogger logger,
        [EnumeratorCancellation] CancellationToken leaving = default)
    {
        using var timer = new PeriodicTimer(pace.Seconds(2), time);
        int id = first;
        try
        {
            for (; id <= Count; id++)
            {
                await timer.WaitForNextTickAsync(leaving);
                string json = JsonSerializer.Serialize(Person.Make(id, time), JsonSerializerOptions.Web);
                yield return new ServerEvent(json, "randomUser", $"{id}") { Retry = pace.Seconds(5) };
            }

            // Empty data is still data: the page is told, and reads from the id that this is the end.
            yield return new ServerEvent("", id: EndId);
        }
        finally
        {
            if (leaving.IsCancellationRequested)
            {
                LogLeft(logger, id);
            }
        }
    }

    private static int FirstAfter(LastEventId last) => int.TryParse(last.Value, out int id) && id is >= 1 and <= Count ? id + 1 : 1;

    [LoggerMessage(1, LogLevel.Information, "A client left before user {Id}; its timer is stopped.")]
    private static partial void LogLeft(ILogger logger, int id);
}
