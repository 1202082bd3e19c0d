using FsCheck;
using FsCheck.Fluent;
using Tidings.Testing;

namespace Tidings.Tests.Topics;

public sealed class PatternIndexTests
{
    private static readonly TopicMatcher[] Matchers =
    [
        TopicMatcher.UrlPattern("https://example.com/books/:id"), TopicMatcher.UrlPattern("https://example.com/books/1"), TopicMatcher.UrlPattern("https://*/books/:id"),
        TopicMatcher.UrlPattern("*://*/books/1"), TopicMatcher.UrlPattern("https://example.com/*"), TopicMatcher.UrlPattern("/books/:id"),
        TopicMatcher.UrlPattern("/books/:id", new Uri("https://example.com/hub")), TopicMatcher.UrlPattern("https://example.com/:a?"),
        TopicMatcher.UrlPattern("https://example.com/{books/}?:id"), TopicMatcher.UrlPattern("https://example.com/a/b/c/d/e/f/g/h/i/j/:k"), TopicMatcher.UrlPattern("urn:isbn\\::id"),
        TopicMatcher.UriTemplate("https://example.com/books/{id}"), TopicMatcher.UriTemplate("{+all}"), TopicMatcher.UriTemplate("/books/{id}"),
        TopicMatcher.UriTemplate("a/b/c/d/e/f/g/h/i/j/{k}"), TopicMatcher.Exact("/books/1"), TopicMatcher.All,
    ];

    private static readonly Topic[] Topics =
    [
        "https://example.com/books/1", "https://example.com/books/2", "https://EXAMPLE.com/./books/1", "https://other.example/books/1", "/books/1", "/books/2", "books/1",
        "https://example.com/", "https://example.com/x", "https://example.com/a/b/c/d/e/f/g/h/i/j/k", "a/b/c/d/e/f/g/h/i/j/k", "urn:isbn:1", "/books/{id}", "https://[",
        "https://example.com/books/1?x#y",
    ];

    [Fact]
    public void After_any_comings_and_goings_it_finds_what_asking_each_matcher_finds()
    {
        Gen<(int Who, int Mask)[]> steps = Gen.ArrayOf(
            from who in Gen.Choose(0, 7)
            from mask in Gen.Choose(1, (1 << Matchers.Length) - 1)
            select (who, mask));

        Prop.ForAll(steps.ToArbitrary(), all =>
        {
            var index = new TopicIndex<Member>();
            var present = new Dictionary<int, Member>();
            foreach ((int who, int mask) in all)
            {
                if (present.Remove(who, out Member? leaving))
                {
                    index.Remove(leaving);
                }
                else
                {
                    present[who] = new Member(Matchers.Where((_, i) => (mask & (1 << i)) != 0));
                    index.Add(present[who]);
                }
            }

            foreach (Topic topic in Topics)
            {
                Assert.Equal(present.Values.Where(member => member.Matchers.MatchesAny([topic])).ToHashSet(), Find(index, topic));
                Assert.Equal(present.Values.Where(member => member.Given.Any(matcher => matcher.Matches(topic))).ToHashSet(), Find(index, topic));
            }

            Assert.Equal(present.Values.SelectMany(member => member.Given).OfType<PatternMatcher>().Distinct().Count(), index.PatternCount);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Fact]
    public void A_topic_that_matches_nothing_costs_no_memory()
    {
        var index = new TopicIndex<Member>();
        for (int i = 0; i < 100; i++)
        {
            index.Add(new Member([TopicMatcher.UrlPattern($"https://example.com/t{i}/:id"), TopicMatcher.UriTemplate($"https://example.com/u{i}/{{id}}")]));
        }

        Topic absolute = "https://example.com/t100/1";
        Topic relative = "t100/1";
        Topic beside = "https://example.com/t10/1/2";
        int found = 0;
        Search();
        long allocated = MemoryUse.AllocatedBytes(Search);

        Assert.Equal((0, 0L), (found, allocated));

        void Search() => found = index.Patterns(absolute).Length + index.Patterns(relative).Length + index.Patterns(beside).Length;
    }

    [Fact]
    public void Patterns_that_nobody_uses_are_forgotten()
    {
        for (int i = 0; i < 20_000; i++)
        {
            _ = TopicMatcher.UriTemplate($"/forgotten/{i}/{{x}}");
            if (i % 5_000 == 0)
            {
                GC.Collect();
            }
        }

        Assert.True(SharedMatchers.Count < 15_000);
    }

    private static HashSet<Member> Find(TopicIndex<Member> index, Topic topic)
    {
        var found = new HashSet<Member>();
        foreach (EntryList<Member> list in index.Patterns(topic))
        {
            found.UnionWith(Members(list.Entries));
        }

        found.UnionWith(Members(index.Exact(topic)));
        found.UnionWith(Members(index.All));
        return found;
    }

    private static List<Member> Members(ReadOnlySpan<IndexEntry<Member>> entries)
    {
        var members = new List<Member>();
        foreach (IndexEntry<Member> entry in entries)
        {
            members.Add(entry.Subscriber);
        }

        return members;
    }

    private sealed class Member : IIndexMember
    {
        public Member(IEnumerable<TopicMatcher> given)
        {
            Given = [.. given];
            Matchers = new MatcherSet(Given);
            IndexPositions = new int[Matchers.Matchers.Length];
        }

        public TopicMatcher[] Given { get; }

        public MatcherSet Matchers { get; }

        public int[] IndexPositions { get; }
    }
}
