namespace Tidings;

/// <summary>Where a log begins and ends, as one consistent snapshot.</summary>
/// <param name="Epoch">The life of the log: changes when it was reset, restored or forked, so that cursors from before are recognised.</param>
/// <param name="Floor">The oldest sequence that can still be read; <paramref name="Last"/> + 1 when retention has taken everything.</param>
/// <param name="Last">The newest sequence ever given; 0 when nothing was ever stored.</param>
public sealed record LogPosition(uint Epoch, long Floor, long Last)
{
    /// <summary>Floors of the same snapshot above <see cref="Floor"/>, for topics of which less is kept. Default: none.</summary>
    public IReadOnlyList<TopicFloor> TopicFloors { get; init; } = [];

    /// <summary>The lives of the log before a fork, of which it still has the beginning. Default: none.</summary>
    public IReadOnlyList<EarlierEpoch> EarlierEpochs { get; init; } = [];
}

/// <summary>A life of the log that ended with a fork.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="Through">The newest sequence of it that the log may still hold; what was beyond is lost.</param>
public readonly record struct EarlierEpoch(uint Epoch, long Through);

/// <summary>How much one page may hold.</summary>
/// <param name="Events">The most events; at least 1.</param>
/// <param name="Bytes">The most bytes of event bodies; one event is returned however large it is.</param>
public readonly record struct PageLimit(int Events, int Bytes);
