namespace Tidings.Server.Tests.Benching;

public sealed class StreamCheckTests
{
    [Theory]
    [InlineData("0 1 2 3", 0, 0, 0)]
    [InlineData("0 1 3", 1, 0, 0)]
    [InlineData("0 1 2", 1, 0, 0)]
    [InlineData("0 1 2 2 3", 0, 1, 0)]
    [InlineData("0 2 1 3", 0, 0, 1)]
    [InlineData("0 2 1 1 3", 0, 1, 1)]
    [InlineData("3", 3, 0, 0)]
    [InlineData("", 4, 0, 0)]
    public void Missing_repeated_and_late_events_are_told_apart(string numbers, long missing, long duplicates, long late)
    {
        var check = new StreamCheck(topic: 0, topics: 1, publishers: 1);
        foreach (string number in numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            check.Add(0, int.Parse(number));
        }

        Assert.Equal((missing, duplicates, late, 0), (check.Missing([4]), check.Duplicates, check.Late, check.Strange));
        Assert.Equal(4 - missing, check.Received);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(2, 5)]
    public void Each_event_is_expected_on_one_topic(int publishers, int topics)
    {
        int[] sent = [.. Enumerable.Range(7, publishers)];
        long expected = 0;
        for (int topic = 0; topic < topics; topic++)
        {
            var check = new StreamCheck(topic, topics, publishers);
            for (int publisher = 0; publisher < publishers; publisher++)
            {
                for (int number = 0; number < sent[publisher]; number++)
                {
                    if (StreamCheck.TopicOf(publisher, number, topics) == topic)
                    {
                        check.Add(publisher, number);
                    }
                }
            }

            Assert.Equal((0, 0, 0, 0), (check.Missing(sent), check.Duplicates, check.Late, check.Strange));
            expected += check.Received;
        }

        Assert.Equal(sent.Sum(), expected);
    }

    [Fact]
    public void The_same_events_in_another_order_have_another_hash()
    {
        var one = new StreamCheck(0, 1, publishers: 2);
        var other = new StreamCheck(0, 1, publishers: 2);

        one.Add(0, 0);
        one.Add(1, 0);
        other.Add(1, 0);
        other.Add(0, 0);

        Assert.Equal((0, 0), (one.Late, other.Late));
        Assert.NotEqual(one.OrderHash, other.OrderHash);
    }

    [Fact]
    public void An_event_of_another_topic_or_of_nobody_is_strange()
    {
        var check = new StreamCheck(topic: 1, topics: 2, publishers: 1);

        check.Add(0, 0);
        check.Add(1, 1);

        Assert.Equal(2, check.Strange);
    }

    [Fact]
    public void A_loss_without_bound_is_counted_within_bounds()
    {
        var check = new StreamCheck(0, 1, publishers: 1);

        check.Add(0, 50_000_000);

        Assert.Equal(50_000_000, check.Missing([50_000_001]));
    }
}
