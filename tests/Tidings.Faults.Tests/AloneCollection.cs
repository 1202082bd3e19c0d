namespace Tidings.Faults.Tests;

/// <summary>Tests with a limit of time or of memory: nothing else runs beside them, for it would be measured with them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "Alone";
}
