using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Tidings;

/// <summary>
/// What a publisher gives an event so that it can safely try again: within the log's window the same key with the same event is stored once, and the
/// second try is told the first one's id, also after a crash.
/// </summary>
/// <remarks>Immutable; safe for use from several threads.</remarks>
public readonly record struct IdempotencyKey
{
    /// <summary>The longest key, in UTF-8 bytes: 255.</summary>
    public const int MaxBytes = FieldText.MaxBytes;

    private readonly string? _scope;
    private readonly string? _value;

    private IdempotencyKey(string value, string scope)
    {
        _value = value;
        _scope = scope;
    }

    /// <summary>Makes a key.</summary>
    /// <param name="value">What the publisher chose for one event, for example a random UUID.</param>
    /// <param name="scope">Who the publisher is: keys of different publishers never meet. Default: one scope for all.</param>
    /// <exception cref="FormatException">The value is empty, longer than <see cref="MaxBytes"/>, or holds a control or format character.</exception>
    public static IdempotencyKey Of(string value, string scope = "")
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(scope);
        return FieldText.Complaint(value) is { } complaint
            ? throw new FormatException($"An idempotency key {complaint}")
            : new IdempotencyKey(value, scope);
    }

    /// <summary>Makes a key as <see cref="Of"/> does, or says why it cannot be one.</summary>
    public static bool TryParse(string value, string scope, out IdempotencyKey key, [NotNullWhen(false)] out string? complaint)
    {
        ArgumentNullException.ThrowIfNull(value);
        complaint = FieldText.Complaint(value) is { } end ? $"An idempotency key {end}" : null;
        key = complaint is null ? new IdempotencyKey(value, scope) : default;
        return complaint is null;
    }

    /// <summary>What the log keeps of the key and of the event that it is used for.</summary>
    internal IdempotencyMark MarkOf(PendingEvent content)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(digest, _scope);
        Append(digest, _value);
        UInt128 key = Finish(digest);
        digest.AppendData([content.IsPrivate ? (byte)1 : (byte)0]);
        Append(digest, content.PublisherId?.Value);
        foreach (Topic topic in content.Topics)
        {
            Append(digest, topic.Value);
        }

        Append(digest, content.Body.Span);
        return new IdempotencyMark(key, Finish(digest));
    }

    private static void Append(IncrementalHash digest, string? text) => Append(digest, Encoding.UTF8.GetBytes(text ?? ""));

    // With its length before it, so that no two different lists of texts make the same bytes.
    private static void Append(IncrementalHash digest, ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        digest.AppendData(length);
        digest.AppendData(bytes);
    }

    private static UInt128 Finish(IncrementalHash digest) => BinaryPrimitives.ReadUInt128LittleEndian(digest.GetHashAndReset());
}
