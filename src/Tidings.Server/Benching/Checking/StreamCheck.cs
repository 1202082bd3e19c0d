namespace Tidings.Server;

/// <summary>
/// What one stream has received, against what was published on its topic. A publisher sends each event after the last one was answered, and goes through the topics in a circle; so its
/// events on a topic have numbers that are the count of topics apart, and must come in that order, each once.
/// </summary>
internal sealed class StreamCheck
{
    // More are counted, but no longer known one by one: a stream that loses so many needs no better diagnosis.
    private const int MaxKnownMissing = 10_000;
    private const ulong HashFactor = 0x9E3779B97F4A7C15;

    private readonly int _topic;
    private readonly int _topics;
    private readonly int[] _next;
    private HashSet<long>? _missing;
    private long _missingUnknown;

    public StreamCheck(int topic, int topics, int publishers)
    {
        _topic = topic;
        _topics = topics;
        _next = new int[publishers];
        for (int publisher = 0; publisher < publishers; publisher++)
        {
            _next[publisher] = FirstNumber(publisher, topic, topics);
        }
    }

    public int Topic => _topic;

    /// <summary>Different events received, in whatever order.</summary>
    public long Received { get; private set; }

    public long Duplicates { get; private set; }

    /// <summary>Events that came after one that the same publisher had sent later.</summary>
    public long Late { get; private set; }

    /// <summary>Events of another topic, or that nobody has sent.</summary>
    public long Strange { get; private set; }

    /// <summary>Depends on the events and their order: equal for all streams of a topic that have received the same.</summary>
    public ulong OrderHash { get; private set; }

    /// <summary>The topic on which a publisher sends its event of a number.</summary>
    public static int TopicOf(int publisher, int number, int topics) => (int)(((long)publisher + number) % topics);

    /// <summary>How many of the first <paramref name="sent"/> events of a publisher are on the topic.</summary>
    public static long CountOf(int publisher, int sent, int topic, int topics)
    {
        int first = FirstNumber(publisher, topic, topics);
        return sent <= first ? 0 : ((sent - first - 1) / topics) + 1;
    }

    public void Add(int publisher, int number)
    {
        if ((uint)publisher >= (uint)_next.Length)
        {
            Strange++;
            return;
        }

        OrderHash = (OrderHash ^ (((ulong)publisher << 32) | (uint)number)) * HashFactor;
        if (number == _next[publisher])
        {
            _next[publisher] = number + _topics;
            Received++;
            return;
        }

        AddUnexpected(publisher, number);
    }

    /// <summary>Events that were sent and have not come; <paramref name="sent"/> tells how many each publisher has sent.</summary>
    public long Missing(ReadOnlySpan<int> sent)
    {
        long missing = _missingUnknown + (_missing?.Count ?? 0);
        for (int publisher = 0; publisher < _next.Length; publisher++)
        {
            missing += CountOf(publisher, sent[publisher], _topic, _topics) - CountOf(publisher, _next[publisher], _topic, _topics);
        }

        return missing;
    }

    private static int FirstNumber(int publisher, int topic, int topics)
    {
        int first = (topic - publisher) % topics;
        return first < 0 ? first + topics : first;
    }

    private void AddUnexpected(int publisher, int number)
    {
        int next = _next[publisher];
        if (number < 0 || TopicOf(publisher, number, _topics) != _topic)
        {
            Strange++;
        }
        else if (number > next)
        {
            AddMissing(publisher, next, (number - next) / _topics);
            _next[publisher] = number + _topics;
            Received++;
        }
        else if (_missing?.Remove(Key(publisher, number)) is true)
        {
            Late++;
            Received++;
        }
        else
        {
            Duplicates++;
        }
    }

    private void AddMissing(int publisher, int first, int count)
    {
        _missing ??= [];
        int known = Math.Min(count, MaxKnownMissing - _missing.Count);
        for (int i = 0; i < known; i++)
        {
            _missing.Add(Key(publisher, first + (i * _topics)));
        }

        _missingUnknown += count - known;
    }

    private static long Key(int publisher, int number) => ((long)publisher << 32) | (uint)number;
}
