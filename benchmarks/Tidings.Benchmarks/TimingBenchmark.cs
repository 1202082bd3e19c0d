using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Tidings.Benchmarks;

/// <summary>
/// Whether the time that a forged signature is refused in tells how much of it is right: signatures by a secret that are wrong in the first byte against those that are wrong in the last one.
/// Two groups that do not differ are measured beside them, to show what chance does on this machine; and a comparison that ends at the first difference, to show that the method would see it.
/// </summary>
internal static class TimingBenchmark
{
    private const int Samples = 100_000; // of each group
    private const int SignedBytes = 64;
    private const double Significant = 2.576; // p = 0.01 on both sides, for samples without number
    private const double Kept = 0.9; // of each group, without the slowest: interruptions are noise of the machine

    public static async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync("| What | first byte, ns | last byte, ns | t | p < 0.01 |\n|---|---|---|---|---|");
        SignatureAlgorithm algorithm = SignatureAlgorithm.All.First(one => one.Name == "HS256");
        byte[] secret = RandomNumberGenerator.GetBytes(32);
        var key = new HmacKey("bench", [algorithm], secret);
        byte[] signed = RandomNumberGenerator.GetBytes(SignedBytes);
        byte[] right = HMACSHA256.HashData(secret, signed);
        byte[] first = Wrong(right, 0);
        byte[] last = Wrong(right, right.Length - 1);

        await MeasureAsync(output, "HMAC of a token, verified", signature => key.Verify(algorithm, signed, signature), first, last);
        await MeasureAsync(output, "the same, both groups wrong in the first byte", signature => key.Verify(algorithm, signed, signature), first, Wrong(right, 0));
        await MeasureAsync(output, "a comparison that ends at the first difference", signature => EqualsUpToTheFirstDifference(right, signature), first, last);
    }

    private static byte[] Wrong(byte[] right, int place)
    {
        byte[] wrong = [.. right];
        wrong[place] ^= 1;
        return wrong;
    }

    private static bool EqualsUpToTheFirstDifference(byte[] one, byte[] other)
    {
        for (int i = 0; i < one.Length; i++)
        {
            if (one[i] != other[i])
            {
                return false;
            }
        }

        return true;
    }

    private static async Task MeasureAsync(TextWriter output, string name, Func<byte[], bool> verify, byte[] one, byte[] other)
    {
        Sample(verify, one, other, Samples / 10, seed: 1);
        (double[] ones, double[] others) = Sample(verify, one, other, Samples, seed: 2);
        (double mean, double variance) = Moments(ones);
        (double otherMean, double otherVariance) = Moments(others);
        double t = (mean - otherMean) / Math.Sqrt((variance / ones.Length) + (otherVariance / others.Length)); // Welch
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"| {name} | {mean:F1} | {otherMean:F1} | {t:F2} | {(Math.Abs(t) > Significant ? "yes" : "no")} |"));
    }

    // In random order, so that a mood of the machine meets both groups; and from one place in memory, because two places differ by themselves.
    private static (double[] Ones, double[] Others) Sample(Func<byte[], bool> verify, byte[] one, byte[] other, int samples, int seed)
    {
        var random = new Random(seed);
        List<double> ones = [];
        List<double> others = [];
        byte[] signature = new byte[one.Length];
        while (ones.Count < samples || others.Count < samples)
        {
            bool isOne = random.Next(2) == 0;
            (isOne ? one : other).CopyTo(signature, 0);
            long start = Stopwatch.GetTimestamp();
            verify(signature);
            double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
            (isOne ? ones : others).Add(nanoseconds);
        }

        return (Quickest(ones, samples), Quickest(others, samples));
    }

    private static double[] Quickest(List<double> values, int samples) => [.. values.Take(samples).Order().Take((int)(samples * Kept))];

    private static (double Mean, double Variance) Moments(double[] values)
    {
        double mean = values.Average();
        return (mean, values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }
}
