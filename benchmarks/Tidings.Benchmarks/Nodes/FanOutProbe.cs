using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Tidings.Benchmarks;

/// <summary>Runs <c>tidings bench fan-out</c> against a hub.</summary>
internal static class FanOutProbe
{
    /// <summary>Tells the microseconds of the hub's CPU for each delivery.</summary>
    /// <exception cref="InvalidOperationException">An event was lost, repeated or out of order.</exception>
    public static async Task<double> MeasureAsync(HubProcess hub, int streams, int events)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (string argument in (string[])
        [
            HubProcess.Program, "bench", "fan-out", "--hub", $"http://127.0.0.1:{hub.Port}/.well-known/mercure", "--pid", Text(hub.Id), "--streams", Text(streams), "--publishers", "16",
            "--events", Text(events), "--json",
        ])
        {
            start.ArgumentList.Add(argument);
        }

        using Process bench = Process.Start(start) ?? throw new InvalidOperationException("The load cannot be started.");
        string json = await bench.StandardOutput.ReadToEndAsync();
        await bench.WaitForExitAsync();
        return bench.ExitCode == 0
            ? JsonDocument.Parse(json).RootElement.GetProperty("serverMicrosecondsPerDelivery").GetDouble()
            : throw new InvalidOperationException($"The run failed: {json}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
