using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Tidings;

/// <summary>
/// CRC-32C over what a row says. SQLite checks what it has in its write-ahead log, not what it has in the database: without this a flipped bit on disk would be delivered as an event.
/// </summary>
internal ref struct Checksum
{
    private uint _value;

    public Checksum()
    {
        _value = uint.MaxValue;
    }

    public readonly uint Value => ~_value;

    /// <summary>The checksum of an event's row.</summary>
    public static uint Of(long sequence, ulong tag, long publishedAt, bool isPrivate, long rule, string topics, string? publisherId, ReadOnlySpan<byte> body)
    {
        var checksum = new Checksum();
        checksum.Add(sequence);
        checksum.Add((long)tag);
        checksum.Add(publishedAt);
        checksum.Add(rule);
        checksum.Add((topics.Length * 2L) + (isPrivate ? 1 : 0));
        checksum.Add(MemoryMarshal.AsBytes(topics.AsSpan()));
        checksum.Add(publisherId?.Length ?? -1);
        checksum.Add(MemoryMarshal.AsBytes(publisherId.AsSpan()));
        checksum.Add(body);
        return checksum.Value;
    }

    /// <summary>The checksum of the row <c>meta</c>.</summary>
    public static uint Of(LogState state, ReadOnlySpan<byte> idKey)
    {
        var checksum = new Checksum();
        checksum.Add(state.Epoch);
        checksum.Add(state.Last);
        checksum.Add(state.Floor);
        checksum.Add(state.Events);
        checksum.Add(state.Bytes);
        checksum.Add(idKey);
        return checksum.Value;
    }

    /// <summary>The checksum of a row of <c>rule</c>.</summary>
    public static uint Of(Rule rule)
    {
        string matcher = rule.Matcher.ToString();
        var checksum = new Checksum();
        checksum.Add(rule.Id);
        checksum.Add(matcher.Length);
        checksum.Add(MemoryMarshal.AsBytes(matcher.AsSpan()));
        checksum.Add(rule.Floor);
        checksum.Add(rule.Events);
        checksum.Add(rule.Bytes);
        return checksum.Value;
    }

    private void Add(long number) => _value = BitOperations.Crc32C(_value, (ulong)number);

    private void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            _value = BitOperations.Crc32C(_value, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte one in bytes)
        {
            _value = BitOperations.Crc32C(_value, one);
        }
    }
}
