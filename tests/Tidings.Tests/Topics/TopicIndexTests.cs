using FsCheck;
using FsCheck.Fluent;

namespace Tidings.Tests.Topics;

public sealed class TopicIndexTests
{
    [Fact]
    public void Subscribers_are_found_by_their_topic_and_by_no_other()
    {
        var index = new TopicIndex<Member>();
        var news = new Member("news");
        var both = new Member("news", "sport");
        var all = new Member("*");
        index.Add(news);
        index.Add(both);
        index.Add(all);

        Assert.Equal([news, both], Members(index.Exact("news")));
        Assert.Equal([both], Members(index.Exact("sport")));
        Assert.Empty(Members(index.Exact("News")));
        Assert.Equal([all], Members(index.All));
    }

    [Fact]
    public void A_topic_without_subscribers_is_forgotten()
    {
        var index = new TopicIndex<Member>();
        var member = new Member("news", "sport");
        index.Add(member);
        Assert.Equal(2, index.TopicCount);

        index.Remove(member);

        Assert.Equal(0, index.TopicCount);
    }

    [Fact]
    public void Naming_a_topic_twice_is_naming_it_once()
    {
        var index = new TopicIndex<Member>();
        var member = new Member("news", "news");
        index.Add(member);
        Assert.Single(Members(index.Exact("news")));

        index.Remove(member);

        Assert.Equal(0, index.TopicCount);
    }

    [Fact]
    public void After_any_comings_and_goings_it_finds_what_a_plain_list_finds()
    {
        string[] topics = ["a", "b", "c", "d", "*"];
        Gen<(int Who, int Mask)[]> steps = Gen.ArrayOf(
            from who in Gen.Choose(0, 9)
            from mask in Gen.Choose(1, 31)
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
                    present[who] = new Member([.. topics.Where((_, i) => (mask & (1 << i)) != 0)]);
                    index.Add(present[who]);
                }
            }

            foreach (string topic in topics[..^1])
            {
                Assert.Equal(
                    present.Values.Where(member => member.Names.Contains(topic)).ToHashSet(),
                    Members(index.Exact(topic)).ToHashSet());
            }

            Assert.Equal(present.Values.Where(member => member.Names.Contains("*")).ToHashSet(), Members(index.All).ToHashSet());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("news", true)]
    [InlineData("", false)]
    [InlineData("a\nb", false)]
    public void A_matcher_is_a_topic_or_a_star(string text, bool valid)
    {
        Assert.Equal(valid, TopicMatcher.TryParse(text, out _, out string? complaint));
        Assert.Equal(valid, complaint is null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public void A_set_of_few_or_many_matchers_selects_the_same(int count)
    {
        var set = new MatcherSet(Enumerable.Range(0, count).Select(number => TopicMatcher.Exact($"t{number}")));

        Assert.True(set.MatchesAny(["x", $"t{count - 1}"]));
        Assert.False(set.MatchesAny(["x", $"t{count}"]));
    }

    [Fact]
    public void A_star_among_many_matchers_selects_everything()
    {
        var set = new MatcherSet([.. Enumerable.Range(0, 50).Select(number => TopicMatcher.Exact($"t{number}")), TopicMatcher.All]);

        Assert.True(set.MatchesAny(["anything"]));
    }

    private static Member[] Members(ReadOnlySpan<IndexEntry<Member>> entries)
    {
        var members = new List<Member>();
        foreach (IndexEntry<Member> entry in entries)
        {
            members.Add(entry.Subscriber);
        }

        return [.. members];
    }

    private sealed class Member : IIndexMember
    {
        public Member(params string[] names)
        {
            Names = names;
            Matchers = new MatcherSet(names.Select(name => name == "*" ? TopicMatcher.All : TopicMatcher.Exact(name)));
            IndexPositions = new int[Matchers.Matchers.Length];
        }

        public string[] Names { get; }

        public MatcherSet Matchers { get; }

        public int[] IndexPositions { get; }
    }
}
