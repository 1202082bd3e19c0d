using System.Diagnostics;
using System.Globalization;

namespace Tidings.Benchmarks;

/// <summary>Publishes at one hub and listens at another, one event after the other.</summary>
internal static class LatencyProbe
{
    /// <summary>Tells how many milliseconds each event took from its publish to the line of its data.</summary>
    public static async Task<double[]> MeasureAsync(int from, int to, int events)
    {
        string topic = $"latency/{Guid.NewGuid()}";
        using var client = new HttpClient();
        await using Stream stream = await client.GetStreamAsync(new Uri($"http://127.0.0.1:{to}/.well-known/mercure?match={Uri.EscapeDataString(topic)}"));
        using var lines = new StreamReader(stream);
        double[] taken = new double[events];
        for (int i = -50; i < events; i++)
        {
            string data = i.ToString(CultureInfo.InvariantCulture);
            long published = Stopwatch.GetTimestamp();
            using var form = new FormUrlEncodedContent([new("topic", topic), new("data", data)]);
            Task<HttpResponseMessage> publishing = client.PostAsync(new Uri($"http://127.0.0.1:{from}/.well-known/mercure"), form);
            while (await lines.ReadLineAsync() != $"data: {data}")
            {
            }

            if (i >= 0)
            {
                taken[i] = Stopwatch.GetElapsedTime(published).TotalMilliseconds;
            }

            (await publishing).Dispose();
        }

        return taken;
    }
}
