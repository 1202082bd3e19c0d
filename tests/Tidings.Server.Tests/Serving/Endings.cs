using System.Globalization;
using System.Text.RegularExpressions;
using Tidings.Testing;

namespace Tidings.Server.Tests.Serving;

/// <summary>
/// How streams end when their hub stops: in order, all but those that have not come to their end a second after the drain window. A machine that stalls at that moment leaves some; the hub cuts them, and says how many.
/// </summary>
internal static partial class Endings
{
    /// <summary>Settings of a hub that may take seconds to send its streams away, but would not come to an end within a test if it waited for them as the framework does.</summary>
    public static string[] Settings { get; } = ["--set", "Tidings:DrainWindow=00:00:05", "--set", "shutdownTimeoutSeconds=3600"];

    /// <summary>Reads to the end; false if the stream was cut.</summary>
    public static async Task<bool> IsInOrderAsync(TestStream stream)
    {
        try
        {
            await stream.ReadToEndAsync();
            return true;
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Nothing was cut but what the hub says.</summary>
    /// <param name="endings">Whether each stream has ended in order.</param>
    /// <param name="error">What the hub has written to standard error.</param>
    public static void AssertInOrder(IEnumerable<bool> endings, string error) =>
        Assert.InRange(endings.Count(isInOrder => !isInOrder), 0, Cut().Matches(error).Sum(match => int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture)));

    [GeneratedRegex("(?<count>[0-9]+) event streams did not end in time and were cut", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Cut();
}
