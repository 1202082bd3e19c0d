namespace Tidings.Faults.Tests.Load;

/// <summary>Where the server is, for clients that find it gone and wait for the next one.</summary>
/// <remarks>Safe for use from several threads.</remarks>
internal sealed class ServerGate
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<Uri> _address = NewSource(); // Guarded by _lock.
    private int _waiting;

    /// <summary>How many clients wait for a server.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits until there is a server, and returns the hub's address.</summary>
    public async Task<Uri> AddressAsync(CancellationToken stopping)
    {
        Task<Uri> address;
        lock (_lock)
        {
            address = _address.Task;
        }

        if (address.IsCompletedSuccessfully)
        {
            return await address;
        }

        Interlocked.Increment(ref _waiting);
        try
        {
            return await address.WaitAsync(stopping);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>There is a server, at <paramref name="address"/>.</summary>
    public void Open(Uri address)
    {
        lock (_lock)
        {
            if (!_address.TrySetResult(address))
            {
                _address = NewSource();
                _address.SetResult(address);
            }
        }
    }

    /// <summary>The server is gone, or is about to be.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_address.Task.IsCompleted)
            {
                _address = NewSource();
            }
        }
    }

    private static TaskCompletionSource<Uri> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
