using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>What a program shows of itself on the index page: a number, whose course is drawn, and how to say it.</summary>
internal sealed record Figure(double Value, string Text);

/// <summary>The figures of the index page. All of them travel in one stream, because a browser has only six connections to a server that speaks HTTP/1.1.</summary>
internal sealed class Overview
{
    private readonly ConcurrentDictionary<string, Func<Figure>> _figures = new(StringComparer.Ordinal);

    /// <summary>Shows a figure on the card of this name. It is asked for once a second for every index page that is open, so it should cost nothing.</summary>
    public void Show(string card, Func<Figure> figure) => _figures[card] = figure;

    public async IAsyncEnumerable<ServerEvent> FiguresAsync(TimeProvider time, Pace pace, [EnumeratorCancellation] CancellationToken leaving = default)
    {
        var shown = new Dictionary<string, Figure>(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(pace.Seconds(1), time);
        do
        {
            var changed = _figures.Select(card => (card.Key, Figure: card.Value())).Where(card => shown.GetValueOrDefault(card.Key) != card.Figure).ToList();
            if (changed.Count > 0)
            {
                changed.ForEach(card => shown[card.Key] = card.Figure);
                yield return new ServerEvent(JsonSerializer.Serialize(changed.ToDictionary(card => card.Key, card => card.Figure), JsonSerializerOptions.Web));
            }
        }
        while (await timer.WaitForNextTickAsync(leaving));
    }
}

/// <summary>Counts events: those of a program's streams on their way, or those of a topic.</summary>
internal sealed class Tally(string what)
{
    private long _count;

    public Figure Figure() => new(Interlocked.Read(ref _count), $"{Interlocked.Read(ref _count):N0} {what}");

    public async IAsyncEnumerable<ServerEvent> Count(IAsyncEnumerable<ServerEvent> events, [EnumeratorCancellation] CancellationToken leaving = default)
    {
        await foreach (ServerEvent serverEvent in events.WithCancellation(leaving))
        {
            Interlocked.Increment(ref _count);
            yield return serverEvent;
        }
    }

    /// <summary>Counts what the log has of a topic, and what is added.</summary>
    public async Task CountAsync(Broker broker, Topic topic)
    {
        await using Subscriber events = await broker.SubscribeAsync(new SubscribeOptions(TopicMatcher.Exact(topic)) { StartAt = StartAt.Earliest });
        while (await events.WaitToReadAsync())
        {
            while (events.TryRead(out _))
            {
                Interlocked.Increment(ref _count);
            }
        }
    }
}

internal static class OverviewExtensions
{
    public static void MapOverview(this WebApplication app) => app.MapEventStream(
        "/overview",
        (Overview overview, TimeProvider time, Pace pace) => overview.FiguresAsync(time, pace));

    /// <summary>Shows a figure on the index page, on the card whose <c>data-card</c> is this name.</summary>
    public static void ShowOnIndex(this WebApplication app, string card, Func<Figure> figure) =>
        app.Services.GetRequiredService<Overview>().Show(card, figure);

    /// <summary>Shows a figure that is made of a service of the app.</summary>
    public static void ShowOnIndex<T>(this WebApplication app, string card, Func<T, Figure> figure)
        where T : notnull
    {
        T service = app.Services.GetRequiredService<T>();
        app.ShowOnIndex(card, () => figure(service));
    }

    /// <summary>Shows on the index page how many events the log has of a topic.</summary>
    public static void CountOnIndex(this WebApplication app, string card, string what, Topic topic)
    {
        Tally tally = app.CountOnIndex(card, what);
        Broker broker = app.Services.GetRequiredService<Broker>();

        // Not awaited: it ends when the broker does.
        app.Lifetime.ApplicationStarted.Register(() => _ = tally.CountAsync(broker, topic));
    }

    /// <summary>Shows on the index page how many events of a program were sent.</summary>
    public static Tally CountOnIndex(this WebApplication app, string card, string what)
    {
        var tally = new Tally(what);
        app.ShowOnIndex(card, tally.Figure);
        return tally;
    }
}
