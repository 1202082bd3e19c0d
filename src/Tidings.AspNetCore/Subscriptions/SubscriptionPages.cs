using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Tidings;

/// <summary>
/// Where a page of a list begins, as a text that says nothing to anybody else: after which subscription, and with which cursor the list began. All pages of a list have the
/// cursor of its first one: with it a client misses no change, whenever it asked for the rest.
/// </summary>
/// <remarks>Safe for use from several threads. The texts mean the same to all nodes on one log: the next page may be asked of another one.</remarks>
internal sealed class SubscriptionPages : IDisposable
{
    private const int KeyBytes = 16;
    private const int PartLength = EventIdCodec.TextBytes - 1;

    private static readonly SearchValues<char> Base64Url = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private readonly EventIdCodec _codec;
    private readonly ulong _tag; // What was sealed by one of ours has it; what somebody made up has not.

    public SubscriptionPages(IEventLog log)
    {
        // Of the key of event ids, which all nodes have; another one, so that no id of an event is a page.
        byte[] derived = HMACSHA256.HashData(log.IdKey.Span, "pages of subscriptions"u8);
        _codec = new EventIdCodec(derived.AsSpan(0, KeyBytes));
        _tag = BinaryPrimitives.ReadUInt64LittleEndian(derived.AsSpan(KeyBytes)) & EventIdCodec.TagMask;
    }

    /// <summary>Makes the text for the page after the subscription at <paramref name="number"/>.</summary>
    public string Format(long number, SseId cursor) => string.Concat(_codec.Encode(new LogPlace(Epoch: 0, number, _tag)).Value.AsSpan(1), cursor.Value.AsSpan(1));

    /// <summary>Reads what <see cref="Format"/> made.</summary>
    public bool TryParse([NotNullWhen(true)] string? text, out long number, out SseId cursor)
    {
        number = 0;
        cursor = default;
        if (text?.Length != 2 * PartLength || text.AsSpan().ContainsAnyExcept(Base64Url))
        {
            return false;
        }

        bool isOurs = _codec.TryDecode($"#{text[..PartLength]}", out LogPlace place) && place.Tag == _tag;
        number = place.Sequence;
        cursor = SseId.Of($"#{text[PartLength..]}");
        return isOurs;
    }

    public void Dispose() => _codec.Dispose();
}
