using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// Reads a publish as the Mercure protocol sends it, <c>application/x-www-form-urlencoded</c>: field by field from the body, and given up as soon as a limit is passed.
/// </summary>
internal sealed class FormReader
{
    public const string MediaType = "application/x-www-form-urlencoded";

    private readonly TidingsOptions _options;
    private readonly EventDraft _draft;

    private FormReader(TidingsOptions options, EventDraft draft)
    {
        _options = options;
        _draft = draft;
    }

    /// <summary>Reads the body. Either the event is whole or the problem says what is wrong.</summary>
    public static async Task<(EventDraft Draft, HubProblem? Problem)> ReadAsync(HttpRequest request, TidingsOptions options)
    {
        var draft = new EventDraft(options, request);
        HubProblem? problem = await new FormReader(options, draft).ReadFieldsAsync(request.BodyReader, request.HttpContext.RequestAborted);
        return (draft, problem ?? draft.Complaint());
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
                return Stop(body, rest, HubProblem.BodyTooLarge(_options));
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
                return Stop(body, rest, HubProblem.FieldTooLarge(field: null, _options));
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
            return HubProblem.FieldTooLarge(field.Name, _options);
        }

        return field.Name switch
        {
            "topic" or "data" or "private" or "id" or "type" or "retry" when field.Value is null =>
                HubProblem.BadField(field.Name, "The value is not valid UTF-8."),
            "topic" => _draft.AddTopic(field.Value!), // not null: checked above, like the ones below
            "data" => _draft.SetData(field.Value!),
            "private" => _draft.SetPrivate(), // "Presence alone makes it private, whatever the value."
            "id" => _draft.SetId(field.Value!),
            "type" => _draft.SetType(field.Value!),
            "retry" => _draft.SetRetry(field.Value!),
            _ => null, // "Unknown fields are ignored."
        };
    }
}
