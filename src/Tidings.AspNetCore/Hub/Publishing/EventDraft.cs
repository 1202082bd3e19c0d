using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>One event of a publish while its fields come in, each checked on arrival (Mercure protocol, section "Publication").</summary>
internal sealed class EventDraft(TidingsOptions options, HttpRequest request)
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(10);

    private EventType? _type;
    private SseId? _id;
    private TimeSpan? _retry;
    private string _data = "";

    public List<Topic> Topics { get; } = [];

    public EventAudience Audience { get; private set; } = EventAudience.Everybody;

    /// <summary>What makes it safe to try again, as the publisher wrote it; null if it gave none.</summary>
    public string? IdempotencyKey { get; set; }

    public ServerEvent Event => new(_data) { Type = _type, Id = _id, Retry = _retry };

    /// <summary>Says what is missing when all fields have come in; null if nothing is.</summary>
    public HubProblem? Complaint() => Topics.Count == 0 ? HubProblem.BadField("topic", "A publish needs at least one topic.") : null;

    public HubProblem? AddTopic(string value)
    {
        if (!Topic.TryParse(value, out Topic topic, out string? complaint))
        {
            return HubProblem.BadField("topic", complaint);
        }

        if (ReservedTopics.IsReserved(topic, request, options.PublicUrl))
        {
            return HubProblem.BadField("topic", "This topic lies within the hub's own address: only the hub publishes there.");
        }

        if (Topics.Count == options.MaxTopics)
        {
            return HubProblem.TooLarge("topic", $"A publish can have at most {options.MaxTopics} topics.");
        }

        Topics.Add(topic);
        return null;
    }

    public HubProblem? SetData(string value)
    {
        _data = value;
        return null;
    }

    public HubProblem? SetPrivate()
    {
        Audience = EventAudience.Granted;
        return null;
    }

    public HubProblem? SetId(string value)
    {
        if (value.Length == 0)
        {
            return null;
        }

        if (!SseId.TryParse(value, out SseId id))
        {
            return HubProblem.BadField("id", $"An id cannot hold control or format characters or be longer than {SseId.MaxBytes} bytes.");
        }

        if (ReservedNames.IsReserved(id))
        {
            return HubProblem.BadField("id", "An id cannot begin with \"#\" or be \"earliest\": the protocol gives them a meaning of their own.");
        }

        _id = id;
        return null;
    }

    public HubProblem? SetType(string value)
    {
        if (value.Length == 0)
        {
            return null;
        }

        if (!EventType.TryParse(value, out EventType type))
        {
            return HubProblem.BadField("type", $"A type cannot hold control or format characters or be longer than {EventType.MaxBytes} bytes.");
        }

        if (ReservedNames.IsReserved(type))
        {
            return HubProblem.BadField("type", "The types \"mercure\" and \"tidings-…\" are reserved for events of the hub itself.");
        }

        _type = type;
        return null;
    }

    public HubProblem? SetRetry(string value)
    {
        // ASCII digits only, as clients read them (WHATWG HTML 9.2.6).
        if (value.Length == 0 || value.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return HubProblem.BadField("retry", "A reconnection time is a whole number of milliseconds: digits only.");
        }

        // Longer than ten minutes is as good as never, and zero is an attack on the hub: the client is given the nearest sensible time.
        TimeSpan retry = value.TrimStart('0').Length > 9 ? LongestRetry : TimeSpan.FromMilliseconds(long.Parse(value, CultureInfo.InvariantCulture));
        _retry = retry < ShortestRetry ? ShortestRetry : retry > LongestRetry ? LongestRetry : retry;
        return null;
    }
}
