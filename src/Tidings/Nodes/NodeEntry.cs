namespace Tidings;

/// <summary>Something that a node tells the others of itself, and that ends with the node.</summary>
/// <remarks>Immutable. The value must not be changed by whoever made the entry.</remarks>
public sealed class NodeEntry
{
    /// <summary>How long a value may be: 64 KiB.</summary>
    public const int MaxValueBytes = 64 * 1024;

    /// <summary>Makes an entry.</summary>
    /// <param name="node">The node it belongs to.</param>
    /// <param name="key">What names it among the entries of its node; never used again for another one.</param>
    /// <param name="value">What it says; at most <see cref="MaxValueBytes"/>.</param>
    /// <param name="place">Its place among the entries of all nodes; 0 before the store gave it one.</param>
    /// <exception cref="ArgumentException">The value is too long.</exception>
    public NodeEntry(Guid node, long key, ReadOnlyMemory<byte> value, long place = 0)
    {
        if (value.Length > MaxValueBytes)
        {
            throw new ArgumentException($"The value of an entry has {value.Length} bytes; {MaxValueBytes} are allowed.", nameof(value));
        }

        Node = node;
        Key = key;
        Value = value;
        Place = place;
    }

    /// <summary>The node it belongs to.</summary>
    public Guid Node { get; }

    /// <summary>What names it among the entries of its node.</summary>
    public long Key { get; }

    /// <summary>What it says. The store does not look at it.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>Its place among the entries of all nodes, at least 1; 0 before the store gave it one.</summary>
    public long Place { get; }
}
