using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Tidings;

/// <summary>
/// Seals a place in the log into an event id and opens it again. The id is <c>#</c> and 22 characters of base64url: one AES block over
/// epoch (32 bits), sequence (56) and tag (40). Its length is constant and nothing can be read from it or guessed, so ids reveal neither
/// how much is published nor what is hidden; and a cursor is found without a search.
/// </summary>
/// <remarks>Safe for use from several threads.</remarks>
internal sealed class EventIdCodec : IDisposable
{
    /// <summary>No tag: the id of a place whose event is not known, such as the beginning of the log.</summary>
    public const ulong NoTag = 0;

    /// <summary>The bits that a tag may have.</summary>
    public const ulong TagMask = (1UL << 40) - 1;

    /// <summary>The length of an id, in bytes of ASCII.</summary>
    public const int TextBytes = 1 + EncodedLength;

    private const int BlockBytes = 16;
    private const int EncodedLength = 22;
    private const long MaxSequence = (1L << 56) - 1;

    // Asking the system for a few random bytes costs much more than the bytes do.
    private const int RandomBytes = 64 * sizeof(ulong);

    [ThreadStatic]
    private static byte[]? _random;

    [ThreadStatic]
    private static int _randomLeft;

    private readonly Lock _gate = new();
    private readonly Aes _aes = Aes.Create(); // Guarded by _gate.

    public EventIdCodec(ReadOnlySpan<byte> key) => _aes.SetKey(key);

    /// <summary>A random tag for a new event; never <see cref="NoTag"/>.</summary>
    public static ulong NewTag()
    {
        byte[] random = _random ??= new byte[RandomBytes];
        ulong tag;
        do
        {
            if (_randomLeft == 0)
            {
                RandomNumberGenerator.Fill(random);
                _randomLeft = RandomBytes;
            }

            _randomLeft -= sizeof(ulong);
            tag = BinaryPrimitives.ReadUInt64LittleEndian(random.AsSpan(_randomLeft)) & TagMask;
        }
        while (tag == NoTag);
        return tag;
    }

    /// <summary>Makes the id of the event at <paramref name="place"/>.</summary>
    public SseId Encode(LogPlace place)
    {
        Span<byte> text = stackalloc byte[TextBytes];
        Encode([place], text);
        return SseId.Of(Encoding.ASCII.GetString(text));
    }

    /// <summary>Makes the id of an event of many whose texts were made together.</summary>
    public static SseId IdAt(ReadOnlySpan<byte> texts, int index) => SseId.Of(Encoding.ASCII.GetString(texts.Slice(index * TextBytes, TextBytes)));

    /// <summary>Makes the ids of several events, one after the other in ASCII: many blocks cost AES little more than one.</summary>
    public void Encode(ReadOnlySpan<LogPlace> places, Span<byte> texts)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(places.Length * BlockBytes);
        Span<byte> blocks = rented.AsSpan(0, places.Length * BlockBytes);
        for (int i = 0; i < places.Length; i++)
        {
            Write(places[i], blocks.Slice(i * BlockBytes, BlockBytes));
        }

        lock (_gate)
        {
            _aes.EncryptEcb(blocks, blocks, PaddingMode.None);
        }

        for (int i = 0; i < places.Length; i++)
        {
            Span<byte> text = texts.Slice(i * TextBytes, TextBytes);
            text[0] = (byte)'#';
            Base64Url.EncodeToUtf8(blocks.Slice(i * BlockBytes, BlockBytes), text[1..]);
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Opens an id; false if it does not have the form of ours. Any text of that form opens to some place: the caller checks epoch and tag.</summary>
    public bool TryDecode([NotNullWhen(true)] string? id, out LogPlace place)
    {
        place = default;
        Span<byte> block = stackalloc byte[BlockBytes];
        if (id is not { Length: TextBytes } || id[0] != '#'
            || !Base64Url.IsValid(id.AsSpan(1))
            || !Base64Url.TryDecodeFromChars(id.AsSpan(1), block, out int written)
            || written != BlockBytes)
        {
            return false;
        }

        lock (_gate)
        {
            _aes.DecryptEcb(block, block, PaddingMode.None);
        }

        ulong middle = BinaryPrimitives.ReadUInt64BigEndian(block[4..]);
        ulong tag = ((middle & 0xFF) << 32) | BinaryPrimitives.ReadUInt32BigEndian(block[12..]);
        place = new LogPlace(BinaryPrimitives.ReadUInt32BigEndian(block), (long)(middle >> 8), tag);
        return true;
    }

    public void Dispose() => _aes.Dispose();

    private static void Write(LogPlace place, Span<byte> block)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(place.Sequence, MaxSequence, nameof(place));
        BinaryPrimitives.WriteUInt32BigEndian(block, place.Epoch);
        BinaryPrimitives.WriteUInt64BigEndian(block[4..], ((ulong)place.Sequence << 8) | (place.Tag >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(block[12..], (uint)place.Tag);
    }
}

/// <summary>What an event id says: a sequence in one life of the log, and the tag of the event that stood there.</summary>
internal readonly record struct LogPlace(uint Epoch, long Sequence, ulong Tag);
