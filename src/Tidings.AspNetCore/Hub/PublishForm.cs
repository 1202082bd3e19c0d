using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// A publish as it comes in (Mercure protocol, section "Publication"): read field by field from the body, and given up as soon as a limit is passed.
/// </summary>
internal sealed class PublishForm
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(10);

    private readonly TidingsOptions _options;
    private readonly PathString _hubPath;
    private EventType? _type;
    private SseId? _id;
    private TimeSpan? _retry;
    private string _data = "";

    private PublishForm(TidingsOptions options, PathString hubPath)
    {
        _options = options;
        _hubPath = hubPath;
    }

    public List<Topic> Topics { get; } = [];

    public EventAudience Audience { get; private set; } = EventAudience.Everybody;

    public ServerEvent Event => new(_data) { Type = _type, Id = _id, Retry = _retry };

    /// <summary>Reads the body. Either the form is whole or the problem says what is wrong.</summary>
    public static async Task<(PublishForm Form, HubProblem? Problem)> ReadAsync(HttpRequest request, TidingsOptions options)
    {
        var form = new PublishForm(options, request.PathBase + request.Path);
        HubProblem? problem = request.ContentLength > options.MaxBodyBytes
            ? form.BodyTooLarge()
            : await form.ReadFieldsAsync(request.BodyReader, request.HttpContext.RequestAborted);
        problem ??= form.Topics.Count == 0 ? HubProblem.BadField("topic", "A publish needs at least one topic.") : null;
        return (form, problem);
    }

    private async Task<HubProblem?> ReadFieldsAsync(PipeReader body, CancellationToken cancellationToken)
    {
        long taken = 0;
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> rest = read.Buffer;
            if (taken + rest.Length > _options.MaxBodyBytes)
            {
                return Stop(body, rest, BodyTooLarge());
            }

            long before = rest.Length;
            while (rest.PositionOf((byte)'&') is { } end)
            {
                if (Add(rest.Slice(0, end)) is { } problem)
                {
                    return Stop(body, rest, problem);
                }

                rest = rest.Slice(rest.GetPosition(1, end));
            }

            taken += before - rest.Length;
            if (read.IsCompleted)
            {
                return Stop(body, rest, Add(rest));
            }

            if (rest.Length > _options.MaxFieldBytes)
            {
                return Stop(body, rest, FieldTooLarge(field: null));
            }

            body.AdvanceTo(rest.Start, rest.End);
        }
    }

    private static HubProblem? Stop(PipeReader body, ReadOnlySequence<byte> rest, HubProblem? problem)
    {
        body.AdvanceTo(rest.End);
        return problem;
    }

    private HubProblem? Add(ReadOnlySequence<byte> encoded)
    {
        if (encoded.IsEmpty)
        {
            return null;
        }

        UrlEncoded.Field field = UrlEncoded.ParseField(encoded.IsSingleSegment ? encoded.FirstSpan : encoded.ToArray());
        if (encoded.Length > _options.MaxFieldBytes)
        {
            return FieldTooLarge(field.Name);
        }

        return field.Name switch
        {
            "topic" or "data" or "private" or "id" or "type" or "retry" when field.Value is null =>
                HubProblem.BadField(field.Name, "The value is not valid UTF-8."),
            "topic" => AddTopic(field.Value!), // not null: checked above, like the ones below
            "data" => SetData(field.Value!),
            "private" => SetPrivate(),
            "id" => SetId(field.Value!),
            "type" => SetType(field.Value!),
            "retry" => SetRetry(field.Value!),
            _ => null, // "Unknown fields are ignored."
        };
    }

    private HubProblem? AddTopic(string value)
    {
        if (!Topic.TryParse(value, out Topic topic, out string? complaint))
        {
            return HubProblem.BadField("topic", complaint);
        }

        if (ReservedTopics.IsReserved(topic, _hubPath, _options.PublicUrl))
        {
            return HubProblem.BadField("topic", "This topic lies within the hub's own address: only the hub publishes there.");
        }

        if (Topics.Count == _options.MaxTopics)
        {
            return HubProblem.TooLarge("topic", $"A publish can have at most {_options.MaxTopics} topics.");
        }

        Topics.Add(topic);
        return null;
    }

    private HubProblem? SetData(string value)
    {
        _data = value;
        return null;
    }

    private HubProblem? SetPrivate()
    {
        // Presence alone makes it private, whatever the value.
        Audience = EventAudience.Granted;
        return null;
    }

    private HubProblem? SetId(string value)
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

    private HubProblem? SetType(string value)
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

    private HubProblem? SetRetry(string value)
    {
        // ASCII digits only, as clients read them (WHATWG HTML 9.2.6).
        if (value.Length == 0 || value.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return HubProblem.BadField("retry", "A reconnection time is a whole number of milliseconds: digits only.");
        }

        // Longer than ten minutes is as good as never, and zero is an attack on the hub: the client is given the nearest sensible time.
        TimeSpan retry = value.TrimStart('0').Length > 9 ? LongestRetry : TimeSpan.FromMilliseconds(long.Parse(value, System.Globalization.CultureInfo.InvariantCulture));
        _retry = retry < ShortestRetry ? ShortestRetry : retry > LongestRetry ? LongestRetry : retry;
        return null;
    }

    private HubProblem BodyTooLarge() => HubProblem.TooLarge(field: null, $"The body can have at most {_options.MaxBodyBytes} bytes.");

    private HubProblem FieldTooLarge(string? field) => HubProblem.TooLarge(field, $"A field can have at most {_options.MaxFieldBytes} bytes, as it is sent.");
}
