namespace Tidings.Faults.Tests.Load;

/// <summary>Where the servers are, for clients that find one gone and go to another, or wait for the next.</summary>
/// <param name="seed">Where the choice among several servers comes from.</param>
/// <remarks>Safe for use from several threads.</remarks>
internal sealed class ServerGate(int seed = 0)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed); // Guarded by _lock.
    private TaskCompletionSource<Uri[]> _addresses = NewSource(); // Guarded by _lock.
    private int _waiting;

    /// <summary>How many clients wait for a server.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits until there is a server, and returns the address of its hub: at random, if there are several.</summary>
    public async Task<Uri> AddressAsync(CancellationToken stopping)
    {
        Task<Uri[]> addresses;
        lock (_lock)
        {
            addresses = _addresses.Task;
        }

        if (addresses.IsCompletedSuccessfully)
        {
            return OneOf(await addresses);
        }

        Interlocked.Increment(ref _waiting);
        try
        {
            return OneOf(await addresses.WaitAsync(stopping));
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>These are the servers that there are now; at least one.</summary>
    public void Open(params Uri[] addresses)
    {
        lock (_lock)
        {
            if (!_addresses.TrySetResult(addresses))
            {
                _addresses = NewSource();
                _addresses.SetResult(addresses);
            }
        }
    }

    /// <summary>Every server is gone, or is about to be.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_addresses.Task.IsCompleted)
            {
                _addresses = NewSource();
            }
        }
    }

    private static TaskCompletionSource<Uri[]> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Uri OneOf(Uri[] addresses)
    {
        lock (_lock)
        {
            return addresses[_random.Next(addresses.Length)];
        }
    }
}
