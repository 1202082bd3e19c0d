namespace Tidings.Client.Tests;

/// <summary>Tests that measure the process itself (memory, meters) run while no other does.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
