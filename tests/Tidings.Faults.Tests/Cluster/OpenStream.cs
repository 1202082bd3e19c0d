namespace Tidings.Faults.Tests.Cluster;

/// <summary>A stream that stays: whether it ends, and what comes.</summary>
internal sealed class OpenStream : IAsyncDisposable
{
    private readonly HttpClient _client;
    private readonly HttpResponseMessage _response;
    private readonly Task _reading;
    private readonly CancellationTokenSource _stopping = new();
    private long _bytes;

    private OpenStream(HttpClient client, HttpResponseMessage response, Stream body)
    {
        _client = client;
        _response = response;
        _reading = ReadAsync(body);
    }

    /// <summary>Whether the hub has ended the stream, in order or not.</summary>
    public bool HasEnded => _reading.IsCompleted;

    /// <summary>How many bytes have come.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Opens a stream of everything, over a client that is the stream's own.</summary>
    public static async Task<OpenStream> OpenAsync(HttpClient client, Uri hub)
    {
        HttpResponseMessage response = await client.GetAsync(new Uri($"{hub}?match=*"), HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        return new OpenStream(client, response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>Waits until an event, and not only a heartbeat, has come after <paramref name="bytes"/>.</summary>
    public async Task GoesOnAfterAsync(long bytes)
    {
        const int SmallestEvent = 128; // a heartbeat has some bytes, an event of the load more than twice as many
        while (Bytes < bytes + SmallestEvent)
        {
            Assert.False(HasEnded, "The hub has ended a stream.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading;
        _response.Dispose();
        _client.Dispose();
        _stopping.Dispose();
    }

    private async Task ReadAsync(Stream body)
    {
        byte[] buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer, _stopping.Token)) > 0)
            {
                Interlocked.Add(ref _bytes, read);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            // The test is over, or the hub has gone away.
        }
    }
}
