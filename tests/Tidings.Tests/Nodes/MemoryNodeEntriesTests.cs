using Tidings.LogContract;
using Tidings.Testing;

namespace Tidings.Tests.Nodes;

/// <summary>That the store of the tests does what a real one must: what is proved with it is proved for the others.</summary>
public sealed class MemoryNodeEntriesTests : NodeEntriesContract
{
    private readonly FakeTimeProvider _clock = new();
    private MemoryNodeEntries? _store;

    protected override ValueTask<INodeEntries> CreateAsync() => ValueTask.FromResult<INodeEntries>(_store = new MemoryNodeEntries(_clock));

    protected override ValueTask RunOutAsync(Guid node)
    {
        _store!.RunOut(node); // not null: the test made it
        return ValueTask.CompletedTask;
    }

    protected override ValueTask ForgetTakersAsync()
    {
        _store!.ForgetTakers(); // as above
        return ValueTask.CompletedTask;
    }
}
