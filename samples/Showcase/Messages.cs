using System.Runtime.CompilerServices;
using Tidings;

namespace Showcase;

/// <summary>A phrase every five seconds, with the time of day as its id; for clients that ask for an event stream and for nobody else.</summary>
internal static class Messages
{
    private static readonly string[] Phrases =
    [
        "The tide comes in without being asked.",
        "A message in a bottle needs no reply.",
        "Good news travels one way and still arrives.",
        "Nobody polls a lighthouse.",
        "The sea keeps its connection open.",
        "Every wave has its place in line.",
        "If the line breaks, begin where you stopped.",
    ];

    public static void MapMessages(this WebApplication app)
    {
        Tally sent = app.CountOnIndex("messages", "phrases sent");
        app.MapEventStream("/events", (HttpRequest request, TimeProvider time, Pace pace) => AsksForEventStream(request)
            ? EventStream.Of(sent.Count(PhrasesAsync(time, pace)))
            : TypedResults.Text($"Bad Request: ask with Accept: {EventStream.MediaType}.\n", statusCode: StatusCodes.Status400BadRequest));
    }

    private static async IAsyncEnumerable<ServerEvent> PhrasesAsync(
        TimeProvider time,
        Pace pace,
        [EnumeratorCancellation] CancellationToken leaving = default)
    {
        using var timer = new PeriodicTimer(pace.Seconds(5), time);
        while (await timer.WaitForNextTickAsync(leaving))
        {
            string phrase = Phrases[Random.Shared.Next(Phrases.Length)];
            yield return new ServerEvent(phrase, id: $"{time.GetLocalNow():HH:mm:ss}");
        }
    }

    // By name: a client that takes anything (*/*) has not asked for a stream that never ends.
    private static bool AsksForEventStream(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals(EventStream.MediaType, StringComparison.OrdinalIgnoreCase));
}
