using System.Runtime.CompilerServices;
using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>
/// The prices of a dozen made-up stocks. An event holds all prices of its moment and replaces the one before it, so nothing has to be repeated for a client that
/// was away: whoever comes, or comes back, is told the last minute first. Every window asks for as many events a second as it wants to draw.
/// </summary>
internal static class Ticker
{
    public static void MapTicker(this WebApplication app)
    {
        var market = new Market(app.Services.GetRequiredService<TimeProvider>(), app.Services.GetRequiredService<Pace>());
        app.MapEventStream("/prices", (int? perSecond) => market.PricesAsync(Math.Clamp(perSecond ?? 50, 1, 50)));
        app.ShowOnIndex("ticker", market.Index);
    }
}

/// <summary>A random walk, the same for everybody. Safe for use from several threads.</summary>
internal sealed class Market(TimeProvider time, Pace pace)
{
    private const int StepsPerSecond = 50;
    private const int StepsPerPoint = 25;
    private const int Points = 120; // of the chart: a minute, two a second

    private static readonly Stock[] Stocks =
    [
        new("TIDE", "Tidal Power", 128), new("GULL", "Gull Air", 41.5), new("HARB", "Harbour Holdings", 76.2), new("SALT", "Salt & Sons", 18.75),
        new("BUOY", "Buoy Telecom", 64.4), new("REEF", "Reef Hotels", 33.1), new("SAIL", "Sailcloth Mills", 52.9), new("DOCK", "Dockside Foods", 95.6),
        new("KELP", "Kelp Pharma", 210.3), new("WAVE", "Wave Radio", 27.8), new("PIER", "Pier Nine Games", 149), new("LAMP", "Lighthouse Optics", 88.25),
    ];

    private readonly Lock _gate = new();
    private readonly double[] _prices = [.. Stocks.Select(stock => stock.Open)]; // Guarded by _gate, like all below.
    private readonly Queue<double[]> _history = new(Points);
    private long _steps;
    private long _lastStep = time.GetTimestamp() - (long)(pace.Seconds(60).TotalSeconds * time.TimestampFrequency); // open for a minute already

    /// <summary>First the stocks with the course of their last minute, then their prices.</summary>
    public async IAsyncEnumerable<ServerEvent> PricesAsync(int perSecond, [EnumeratorCancellation] CancellationToken leaving = default)
    {
        yield return new ServerEvent(Describe(), "stocks");
        using var timer = new PeriodicTimer(pace.Seconds(1.0 / perSecond), time);
        while (await timer.WaitForNextTickAsync(leaving))
        {
            yield return ServerEvent.Json(Prices());
        }
    }

    /// <summary>The market as one number: 100 is where it opened.</summary>
    public Figure Index()
    {
        double index = Prices().Zip(Stocks, (price, stock) => 100 * price / stock.Open).Average();
        return new Figure(Math.Round(index, 2), $"{index:F2} {(index < 100 ? '▼' : '▲')}");
    }

    private double[] Prices()
    {
        lock (_gate)
        {
            CatchUpLocked();
            return [.. _prices.Select(price => Math.Round(price, 2))];
        }
    }

    private string Describe()
    {
        lock (_gate)
        {
            CatchUpLocked();
            return JsonSerializer.Serialize(
                Stocks.Select((stock, i) => new { stock.Symbol, stock.Name, stock.Open, Course = _history.Select(prices => prices[i]) }),
                JsonSerializerOptions.Web);
        }
    }

    // Nothing happens while nobody looks: the market makes up for it when somebody does, for a minute at most.
    private void CatchUpLocked()
    {
        TimeSpan step = pace.Seconds(1.0 / StepsPerSecond);
        long due = time.GetElapsedTime(_lastStep).Ticks / step.Ticks;
        _lastStep += (long)(due * step.TotalSeconds * time.TimestampFrequency);
        for (long i = Math.Min(due, StepsPerPoint * Points); i > 0; i--)
        {
            StepLocked();
        }
    }

    private void StepLocked()
    {
        for (int i = 0; i < _prices.Length; i++)
        {
            // Drawn back a little to where it opened, so that it neither vanishes nor grows for ever.
            double pull = 0.0002 * ((Stocks[i].Open / _prices[i]) - 1);
            _prices[i] *= 1 + pull + (0.002 * (Random.Shared.NextDouble() - 0.5));
        }

        if (++_steps % StepsPerPoint == 0)
        {
            if (_history.Count == Points)
            {
                _history.Dequeue();
            }

            _history.Enqueue([.. _prices.Select(price => Math.Round(price, 2))]);
        }
    }

    private sealed record Stock(string Symbol, string Name, double Open);
}
