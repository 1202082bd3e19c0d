using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Tidings;

/// <summary>
/// Events that can no longer be proved delivered. Told in the stream as an event of type <see cref="EventTypeName"/> before anything that comes after them.
/// </summary>
/// <param name="Reason">Why they cannot.</param>
/// <param name="Requested">The id that the client came with; null when the gap opened in the middle of a stream.</param>
/// <param name="ResumesAfter">The place after which delivery goes on, as an id that the client can come back with.</param>
public sealed record Gap(GapReason Reason, string? Requested, SseId ResumesAfter)
{
    /// <summary>The reserved type of the event that tells a gap.</summary>
    public const string EventTypeName = "tidings-gap";

    // What a client sends is echoed, but not without end; no id of ours or of a publisher is longer.
    private const int MaxEchoedChars = SseId.MaxBytes;

    private static readonly EventType Type = EventType.Of(EventTypeName);

    /// <summary>The reason as it stands in the stream and in metrics.</summary>
    internal static string NameOf(GapReason reason) => reason switch
    {
        GapReason.Expired => "expired",
        GapReason.Unknown => "unknown",
        GapReason.Epoch => "epoch",
        GapReason.Fork => "fork",
        GapReason.Rewound => "rewound",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, message: null),
    };

    /// <summary>The event that tells the gap: its id makes sure that the client does not ask for the lost events again.</summary>
    internal ReadOnlyMemory<byte> ToFrame()
    {
        var json = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            if (Requested is not null)
            {
                writer.WriteString("requested"u8, Requested.Length > MaxEchoedChars ? Requested.AsSpan(0, MaxEchoedChars) : Requested);
            }

            writer.WriteString("reason"u8, NameOf(Reason));
            writer.WriteString("resumesAfter"u8, ResumesAfter.Value);
            writer.WriteEndObject();
        }

        return SseFrame.Encode(new ServerEvent(Encoding.UTF8.GetString(json.WrittenSpan)) { Type = Type, Id = ResumesAfter });
    }
}

/// <summary>Why delivery cannot be proved from a cursor on.</summary>
public enum GapReason
{
    /// <summary>Events after the cursor have been removed by retention.</summary>
    Expired,

    /// <summary>The id is not one of a retained event.</summary>
    Unknown,

    /// <summary>The id is from another life of the log, or was never given by this one.</summary>
    Epoch,

    /// <summary>The log holds another event at the cursor's place.</summary>
    Fork,

    /// <summary>The cursor lies beyond the end of the log: the log has lost events.</summary>
    Rewound,
}
