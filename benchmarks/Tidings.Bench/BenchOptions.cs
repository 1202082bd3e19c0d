using System.Globalization;

namespace Tidings.Bench;

/// <summary>What was asked for on the command line, and how much work that is.</summary>
internal sealed record BenchOptions
{
    private const int UsualRounds = 3;
    private const int ShortRounds = 2;
    private const int MostRounds = 100;

    public static IReadOnlyList<string> AllTests { get; } = ["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9"];

    public bool IsShort { get; private init; }

    public int Rounds { get; private init; } = UsualRounds;

    public IReadOnlyList<string> Tests { get; private init; } = AllTests;

    /// <summary>How long each measurement of a load takes, in seconds.</summary>
    public int Seconds => IsShort ? 1 : 6;

    /// <summary>How long the load runs before each measurement, in seconds.</summary>
    public int WarmUpSeconds => IsShort ? 1 : 2;

    /// <summary>How long the load runs on each server before the first measurement, in seconds: until what it does often is compiled for it, so that servers are compared that have run for a while.</summary>
    public int FirstWarmUpSeconds => IsShort ? 6 : 20;

    /// <summary>How often all streams of a test that opens them come and go before the first measurement, for the same reason.</summary>
    public int FirstStorms => IsShort ? 4 : 8;

    public int IdleStreams => 10_000;

    public int ReplayedEvents => IsShort ? 100_000 : 500_000;

    /// <summary>The command that asks for the same.</summary>
    public string Command => string.Join(' ', (string[])
    [
        "./bench",
        .. IsShort ? (string[])["--short"] : [],
        .. Tests.Count < AllTests.Count ? (string[])["--only", string.Join(',', Tests)] : [],
        .. Rounds != (IsShort ? ShortRounds : UsualRounds) ? (string[])["--rounds", Rounds.ToString(CultureInfo.InvariantCulture)] : [],
    ]);

    /// <summary>What tells the results of this form from those of the whole on the same day.</summary>
    public string Suffix => (IsShort ? "-short" : "") + (Tests.Count < AllTests.Count ? "-" + string.Join('-', Tests) : "");

    /// <returns>Null if the arguments cannot be understood, and then why.</returns>
    public static BenchOptions? Parse(IReadOnlyList<string> arguments, out string? wrong)
    {
        wrong = null;
        bool isShort = false;
        int? rounds = null;
        string[]? tests = null;
        for (int i = 0; i < arguments.Count && wrong is null; i++)
        {
            string? value = i + 1 < arguments.Count ? arguments[i + 1] : null;
            switch (arguments[i])
            {
                case "--short":
                    isShort = true;
                    break;
                case "--rounds":
                    i++;
                    rounds = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= MostRounds ? count : null;
                    wrong = rounds is null ? $"--rounds takes a number from 1 to {MostRounds}." : null;
                    break;
                case "--only":
                    i++;
                    string[] named = (value ?? "").ToUpperInvariant().Split(',', StringSplitOptions.RemoveEmptyEntries);
                    tests = [.. AllTests.Where(named.Contains)];
                    wrong = tests.Length == 0 || named.Except(AllTests, StringComparer.Ordinal).Any() ? $"--only takes some of {string.Join(',', AllTests)}." : null;
                    break;
                default:
                    wrong = $"there is no option {arguments[i]}.";
                    break;
            }
        }

        if (rounds < UsualRounds && !isShort)
        {
            wrong ??= $"a median needs at least {UsualRounds} rounds; fewer only with --short.";
        }

        return wrong is null
            ? new BenchOptions { IsShort = isShort, Rounds = rounds ?? (isShort ? ShortRounds : UsualRounds), Tests = tests ?? AllTests }
            : null;
    }
}
