using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>
/// Temperature and pressure of six devices, fifty readings a second. A device that is switched off says nothing at all, as real ones do: the page has to notice.
/// </summary>
internal static class Sensors
{
    public static void MapSensors(this WebApplication app)
    {
        var devices = new Devices(app.Services.GetRequiredService<TimeProvider>(), app.Services.GetRequiredService<Pace>());
        app.MapEventStream("/readings", () => devices.ReadingsAsync());
        app.MapPut("/devices/{name}/off", (string name) => devices.Switch(name, isOn: false) ? Results.NoContent() : Results.NotFound());
        app.MapDelete("/devices/{name}/off", (string name) => devices.Switch(name, isOn: true) ? Results.NoContent() : Results.NotFound());
        app.ShowOnIndex("sensors", devices.Warmest);
    }
}

/// <summary>The devices, made up: what one measures is a function of the time. Safe for use from several threads.</summary>
internal sealed class Devices(TimeProvider time, Pace pace)
{
    private const int ReadingsPerSecond = 50;

    private static readonly Device[] All =
    [
        new("lighthouse", "Lighthouse", 14.5, 1016), new("pier", "Pier", 17.2, 1014), new("boathouse", "Boathouse", 21.4, 1013),
        new("buoy-7", "Buoy 7", 11.8, 1012), new("fish-market", "Fish market", 4.2, 1013), new("engine-room", "Engine room", 36.1, 1009),
    ];

    private readonly ConcurrentDictionary<string, DateTimeOffset> _offSince = new(StringComparer.Ordinal);

    /// <summary>First the devices, each with its last reading and how long ago that was; then readings, one device after the other.</summary>
    public async IAsyncEnumerable<ServerEvent> ReadingsAsync([EnumeratorCancellation] CancellationToken leaving = default)
    {
        yield return new ServerEvent(JsonSerializer.Serialize(All.Select(Describe), JsonSerializerOptions.Web), "devices");
        using var timer = new PeriodicTimer(pace.Seconds(1.0 / ReadingsPerSecond), time);
        for (int turn = 0; await timer.WaitForNextTickAsync(leaving); turn++)
        {
            Device device = All[turn % All.Length];
            if (!_offSince.ContainsKey(device.Name))
            {
                yield return ServerEvent.Json(device.Read(time.GetUtcNow()));
            }
        }
    }

    /// <summary>Switches a device on or off, for everybody; false if there is none of this name.</summary>
    public bool Switch(string name, bool isOn)
    {
        if (!Array.Exists(All, device => device.Name == name))
        {
            return false;
        }

        if (isOn)
        {
            _offSince.TryRemove(name, out _);
        }
        else
        {
            _offSince.TryAdd(name, time.GetUtcNow());
        }

        return true;
    }

    public Figure Warmest()
    {
        Reading? warmest = All.Where(device => !_offSince.ContainsKey(device.Name)).Select(device => device.Read(time.GetUtcNow())).MaxBy(reading => reading.Temperature);
        return warmest is null ? new Figure(0, "all silent") : new Figure(warmest.Temperature, $"{warmest.Temperature:F1} °C");
    }

    private object Describe(Device device)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset last = _offSince.TryGetValue(device.Name, out DateTimeOffset off) ? off : now;
        return new { device.Name, device.Title, Reading = device.Read(last), SilentForMs = (long)(now - last).TotalMilliseconds };
    }

    private sealed record Device(string Name, string Title, double MeanTemperature, double MeanPressure)
    {
        public Reading Read(DateTimeOffset at)
        {
            double seconds = at.ToUnixTimeMilliseconds() / 1000.0;
            double temperature = MeanTemperature + Swing(seconds, 3.0, 23) + Swing(seconds, 0.6, 5.3) + Swing(seconds, 0.1, 0.7);
            double pressure = MeanPressure + Swing(seconds, 6.0, 31) + Swing(seconds, 1.5, 7.1) + Swing(seconds, 0.2, 0.9);
            return new Reading(Name, Math.Round(temperature, 2), Math.Round(pressure, 2));
        }

        // The mean shifts the phase, so that no two devices move together.
        private double Swing(double seconds, double by, double period) => by * Math.Sin((2 * Math.PI * seconds / period) + MeanTemperature);
    }

    private sealed record Reading(string Device, double Temperature, double Pressure);
}
