using System.Diagnostics;
using System.Globalization;

namespace Tidings.Benchmarks;

/// <summary>What it costs to find the subscribers of an event, by how many subscribers, topics and patterns there are; and what evil patterns cost at most.</summary>
internal static class MatchBenchmark
{
    private const int Events = 100_000;

    public static async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync("| What | µs/event | bytes/event | lists found/event |\n|---|---|---|---|");
        var exact = new TopicIndex<Member>();
        for (int i = 0; i < 100_000; i += 10)
        {
            exact.Add(new Member([TopicMatcher.Exact($"https://example.com/books/{i}")]));
        }

        await MeasureAsync(output, "100,000 exact topics, one stream in ten", exact, Topics("https://example.com/books/{0}", 100_000));
        TopicIndex<Member> shared = Index(streams: 5_000, patternsOf: _ => Enumerable.Range(0, 100).Select(i => $"https://example.com/t{i}/:id"));
        await MeasureAsync(output, "5,000 streams x the same 100 patterns, none matches", shared, Topics("https://example.com/x{0}/1", 1000));
        await MeasureAsync(output, "5,000 streams x the same 100 patterns, one matches", shared, Topics("https://example.com/t{0}/1", 100));
        TopicIndex<Member> own = Index(streams: 500, patternsOf: stream => Enumerable.Range(0, 100).Select(i => $"https://example.com/users/{stream}/t{i}/:id"));
        await MeasureAsync(output, "500 streams x 100 patterns of their own, one matches", own, Topics("https://example.com/users/{0}/t7/1", 500));
        TopicIndex<Member> beside = Index(streams: 5_000, patternsOf: _ => Enumerable.Range(0, 100).Select(i => $"https://example.com/:user/inbox-{i}"));
        await MeasureAsync(output, "5,000 streams x the same 100 patterns behind one prefix, one matches", beside, Topics("https://example.com/7/inbox-{0}", 100));
        TopicIndex<Member> regex = Index(streams: 5_000, patternsOf: _ => Enumerable.Range(0, 100).Select(i => $"https://example.com/:user/({i}|x{i})"));
        await MeasureAsync(output, "5,000 streams x the same 100 regular expressions behind one prefix, one matches", regex, Topics("https://example.com/7/{0}", 100));
        await MeasureEvilAsync(output);
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

    private static async Task MeasureEvilAsync(TextWriter output)
    {
        string[] shapes =
        [
            "https://a.b/((?:a+)+)", "https://a.b/((?:a|a)*)b", "https://a.b/((?:a?){100}a{100})", "https://a.b/(.*a.{12})", "https://a.b/(.*.*.*.*.*b)", "https://a.b/*a*a*a*a*a*a*a*b",
            "https://a.b/:a:b:c:d:e:f", "https://a.b/{:a,}*{:b,}*c", "https://a.b/{a}*{a}*{a}*b", "https://a.b/((?:.*a){8}.{20})", "https://a.b/((?:[a-z]+,?)+)x", "https://a.b/(.*)(.*)(.*)(.*)z",
        ];
        Topic[] topics = [Topic.Of("https://a.b/" + new string('a', 4080)), Topic.Of("https://a.b/" + string.Concat(Enumerable.Repeat("ab,", 1360))), Random()];
        foreach (string shape in shapes)
        {
            long start = Stopwatch.GetTimestamp();
            bool parsed = TopicMatcher.TryParse(MatcherType.UrlPattern, shape, baseUrl: null, out TopicMatcher? matcher, out string? complaint);
            double compiled = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            double first = 0;
            double later = 0;
            foreach (Topic topic in parsed ? topics : [])
            {
                first = Math.Max(first, Time(matcher!, topic)); // parsed
                later = Math.Max(later, Time(matcher!, topic));
            }

            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{shape}: compile {compiled:F2} ms, 4 KiB topic {first:F2} ms at first, {later:F2} ms later {complaint}"));
        }
    }

    private static Topic Random()
    {
        var random = new Random(1);
        return Topic.Of("https://a.b/" + new string([.. Enumerable.Range(0, 4080).Select(_ => "abx,"[random.Next(4)])]));
    }

    private static double Time(TopicMatcher matcher, Topic topic)
    {
        long start = Stopwatch.GetTimestamp();
        matcher.Matches(topic);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
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
