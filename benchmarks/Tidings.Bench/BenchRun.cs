using System.Diagnostics;
using System.Globalization;

namespace Tidings.Bench;

/// <summary>One run of ./bench: does the tests one after the other, each with all servers in turns, and keeps what they tell.</summary>
internal sealed class BenchRun
{
    private static readonly (IReadOnlyList<string> Ids, Func<BenchRun, Task> Do)[] Tests =
    [
        (["T1"], run => FanOutTest.RunAsync(run, FanOutTest.OnePublisher)),
        (["T2"], run => FanOutTest.RunAsync(run, FanOutTest.ManyPublishers)),
        (["T3"], run => FanOutTest.RunAsync(run, FanOutTest.ManyTopics)),
        (["T4"], DurableTest.RunAsync),
        (["T5"], IdleTest.RunAsync),
        (["T6"], AcceptTest.RunAsync),
        (["T7"], ReplayTest.RunAsync),
        (["T8", "T9"], LibraryTest.RunAsync),
    ];

    private readonly long _began = Stopwatch.GetTimestamp();

    private BenchRun(BenchOptions options, CancellationToken cancellationToken)
    {
        Options = options;
        Stopping = cancellationToken;
    }

    public BenchOptions Options { get; }

    public CancellationToken Stopping { get; }

    public ResultTables Results { get; } = new();

    /// <returns>Whether everything was measured, and the hub has kept its promises.</returns>
    public static async Task<bool> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var run = new BenchRun(options, cancellationToken);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string machine = await Machine.DescribeAsync(cancellationToken);
        foreach ((IReadOnlyList<string> ids, Func<BenchRun, Task> test) in Tests)
        {
            if (ids.Any(options.Tests.Contains))
            {
                await test(run);
            }
        }

        TimeSpan taken = Stopwatch.GetElapsedTime(run._began);
        string text = run.Results.Write(options, DateOnly.FromDateTime(now.UtcDateTime), machine, taken);
        string file = Path.Combine(Repository.Results, string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd}{options.Suffix}.md"));
        await File.WriteAllTextAsync(file, text, cancellationToken);
        await Console.Out.WriteAsync(run.Results.Table());
        await Console.Error.WriteLineAsync($"Written to {Path.GetRelativePath(Repository.Root, file)}.");
        foreach (string failure in run.Results.Failures)
        {
            await Console.Error.WriteLineAsync($"FAILED: {failure}");
        }

        return run.Results.Failures.Count == 0;
    }

    /// <summary>Gives all servers work that is not counted, except that nothing may be lost in it either.</summary>
    public async Task WarmUpAsync(string test, IReadOnlyList<MeasuredServer> servers, Func<MeasuredServer, IEnumerable<string>> work, int times = 1)
    {
        for (int time = 1; time <= times; time++)
        {
            foreach (MeasuredServer server in servers)
            {
                Say($"{test}: {server.Name}, warming up{(times > 1 ? $", {time} of {times}" : "")}");
                await MeasureAsync(test, server, work(server));
            }
        }
    }

    /// <summary>Gives all servers the same work in turns.</summary>
    /// <param name="test">The test that this is for.</param>
    /// <param name="servers">Which all run while one is measured.</param>
    /// <param name="work">The arguments of <c>tidings bench</c> for a server, without its process.</param>
    /// <param name="figures">What is told of each round.</param>
    public async Task<Series> InTurnsAsync(string test, IReadOnlyList<MeasuredServer> servers, Func<MeasuredServer, IEnumerable<string>> work, params IReadOnlyList<string> figures)
    {
        var rounds = new List<IReadOnlyList<Measurement>>();
        for (int round = 1; round <= Options.Rounds; round++)
        {
            var measured = new List<Measurement>();
            foreach (MeasuredServer server in servers)
            {
                Say($"{test}: {server.Name}, round {round} of {Options.Rounds}");
                measured.Add(await MeasureAsync(test, server, work(server)));
            }

            rounds.Add(measured);
        }

        var series = new Series(rounds);
        Results.AddRounds(test, series, figures);
        return series;
    }

    /// <summary>Runs <c>tidings bench</c> against the server. What it finds wrong with the hub fails the whole run; what it finds wrong with a peer is told.</summary>
    public async Task<Measurement> MeasureAsync(string test, MeasuredServer server, IEnumerable<string> work)
    {
        string process = server.MeasuredProcess.ToString(CultureInfo.InvariantCulture);
        (_, string output, string errors) = await Tool.RunAsync(Repository.Server, ["bench", .. work, "--pid", process, "--json"], Stopping);
        Measurement measurement = Measurement.Read(server.Name, output, errors);
        if (measurement.Complaint is { } complaint)
        {
            Say($"{test}: {server.Name}: {complaint}");
            if (server is Hub || measurement.Figures.Count == 0)
            {
                Results.Failures.Add($"{test}, {server.Name}: {complaint}");
            }
        }

        return measurement;
    }

    /// <summary>Tells what is going on, and how long the run has taken so far.</summary>
    public void Say(string text) => Console.Error.WriteLine(FormattableString.Invariant($"{Stopwatch.GetElapsedTime(_began).TotalSeconds,5:0} s  {text}"));
}
