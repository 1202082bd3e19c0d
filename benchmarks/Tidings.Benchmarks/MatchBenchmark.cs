using System.Diagnostics;
using System.Globalization;
using Tidings.Tests.Topics;

namespace Tidings.Benchmarks;

/// <summary>What it costs to find the subscribers of an event, by how many subscribers, topics and patterns there are; and what evil patterns cost at most.</summary>
internal static class MatchBenchmark
{
    private const int Events = 100_000;
    private const int EvilRounds = 20;

    public static async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync("| What | µs/event | bytes/event | lists found/event |\n|---|---|---|---|");
        foreach (int topics in (int[])[1_000, 100_000])
        {
            var exact = new TopicIndex<Member>();
            for (int i = 0; i < topics; i += 10)
            {
                exact.Add(new Member([TopicMatcher.Exact($"https://example.com/books/{i}")]));
            }

            await MeasureAsync(output, string.Create(CultureInfo.InvariantCulture, $"{topics:n0} exact topics, one stream in ten"), exact, Topics("https://example.com/books/{0}", topics));
        }

        TopicIndex<Member> shared = Index(streams: 5_000, patternsOf: _ => Enumerable.Range(0, 100).Select(i => $"https://example.com/t{i}/:id"));
        await MeasureAsync(output, "5,000 streams x the same 100 patterns, none matches", shared, Topics("https://example.com/x{0}/1", 1000));
        await MeasureAsync(output, "5,000 streams x the same 100 patterns, one matches", shared, Topics("https://example.com/t{0}/1", 100));
        TopicIndex<Member> own = Index(streams: 500, patternsOf: stream => Enumerable.Range(0, 100).Select(i => $"https://example.com/users/{stream}/t{i}/:id"));
        await MeasureAsync(output, "500 streams x 100 patterns of their own, one matches", own, Topics("https://example.com/users/{0}/t7/1", 500));
        TopicIndex<Member> beside = Index(streams: 5_000, patternsOf: _ => Enumerable.Range(0, 100).Select(i => $"https://example.com/:user/inbox-{i}"));
        await MeasureAsync(output, "5,000 streams x the same 100 patterns behind one prefix, one matches", beside, Topics("https://example.com/7/inbox-{0}", 100));
        TopicIndex<Member> regex = Index(streams: 5_000, patternsOf: _ => Enumerable.Range(0, 100).Select(i => $"https://example.com/:user/({i}|x{i})"));
        await MeasureAsync(output, "5,000 streams x the same 100 regular expressions behind one prefix, one matches", regex, Topics("https://example.com/7/{0}", 100));
    }

    public static async Task RunEvilAsync(TextWriter output)
    {
        // The best of several rounds, each with patterns compiled anew: on a busy machine the worst is the machine's.
        string[] patterns = [.. EvilPatterns.All];
        var all = new Evil[patterns.Length];
        for (int round = 0; round < EvilRounds; round++)
        {
            for (int i = 0; i < patterns.Length; i++)
            {
                Evil now = Measure(patterns[i]);
                all[i] = round == 0 ? now : now.BestOf(all[i]);
            }
        }

        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"\n{all.Length} evil patterns, {all.Count(evil => !evil.IsParsed)} of them refused; each against {EvilPatterns.Topics.Count} topics of 4 KiB.\n"));
        await output.WriteLineAsync("| ms | median | p99 | most | for |\n|---|---|---|---|---|");
        await TellAsync(output, "compile or refuse", all, evil => evil.Compiling);
        await TellAsync(output, "match at first", all, evil => evil.First);
        await TellAsync(output, "match later", all, evil => evil.Later);
    }

    private static TopicIndex<Member> Index(int streams, Func<int, IEnumerable<string>> patternsOf)
    {
        var index = new TopicIndex<Member>();
        for (int i = 0; i < streams; i++)
        {
            index.Add(new Member([.. patternsOf(i).Select(pattern => TopicMatcher.UrlPattern(pattern))]));
        }

        return index;
    }

    private static Topic[] Topics(string format, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Topic.Of(string.Format(CultureInfo.InvariantCulture, format, i)))];

    private static async Task MeasureAsync(TextWriter output, string name, TopicIndex<Member> index, Topic[] topics)
    {
        Run(index, topics, Events / 10);
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        int found = Run(index, topics, Events);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"| {name} | {elapsed.TotalMicroseconds / Events:F2} | {(double)bytes / Events:F1} | {(double)found / Events:F2} |"));
    }

    private static int Run(TopicIndex<Member> index, Topic[] topics, int events)
    {
        int found = 0;
        for (int i = 0; i < events; i++)
        {
            Topic topic = topics[i % topics.Length];
            found += (index.Exact(topic).IsEmpty ? 0 : 1) + index.Patterns(topic).Length + index.All.Length;
        }

        return found;
    }

    private static Evil Measure(string pattern)
    {
        long start = Stopwatch.GetTimestamp();
        UrlPatternMatcher? matcher = null;
        try
        {
            matcher = new UrlPatternMatcher(pattern, BaseUrls.Default);
        }
        catch (FormatException)
        {
            // Refused: that costs time, too.
        }

        double compiling = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        double first = 0;
        double later = 0;
        foreach (Topic topic in matcher is null ? [] : EvilPatterns.Topics)
        {
            first = Math.Max(first, Time(matcher!, topic)); // not null: otherwise there are no topics
            later = Math.Max(later, Time(matcher!, topic));
        }

        return new Evil(pattern, matcher is not null, compiling, first, later);
    }

    private static Task TellAsync(TextWriter output, string what, Evil[] all, Func<Evil, double> figure)
    {
        Evil[] sorted = [.. all.OrderBy(figure)];
        return output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {figure(sorted[sorted.Length / 2]):F3} | {figure(sorted[sorted.Length * 99 / 100]):F3} | {figure(sorted[^1]):F3} | `{sorted[^1].Pattern.Replace("|", "\\|", StringComparison.Ordinal)}` |"));
    }

    private static double Time(TopicMatcher matcher, Topic topic)
    {
        long start = Stopwatch.GetTimestamp();
        matcher.Matches(topic);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private sealed record Evil(string Pattern, bool IsParsed, double Compiling, double First, double Later)
    {
        public Evil BestOf(Evil other) =>
            this with { Compiling = Math.Min(Compiling, other.Compiling), First = Math.Min(First, other.First), Later = Math.Min(Later, other.Later) };
    }

    private sealed class Member : IIndexMember
    {
        public Member(TopicMatcher[] matchers)
        {
            Matchers = new MatcherSet(matchers);
            IndexPositions = new int[Matchers.Matchers.Length];
        }

        public MatcherSet Matchers { get; }

        public int[] IndexPositions { get; }
    }
}
