using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace InBox;

/// <summary>The open streams of each topic, each with an unbounded channel. Publishers write to them without a lock, so with several of them each stream has an order of its own.</summary>
internal sealed class Topics
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<Channel<string>, byte>> _streams = new(StringComparer.Ordinal);

    public void Publish(string topic, string data)
    {
        if (_streams.TryGetValue(topic, out ConcurrentDictionary<Channel<string>, byte>? streams))
        {
            foreach ((Channel<string> stream, _) in streams)
            {
                stream.Writer.TryWrite(data);
            }
        }
    }

    public async IAsyncEnumerable<string> ReadAsync(string topic, HttpResponse response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
        ConcurrentDictionary<Channel<string>, byte> streams = _streams.GetOrAdd(topic, static _ => new());
        streams.TryAdd(stream, 0);
        try
        {
            // The result by itself sends nothing, not even the head, before the first event.
            await response.Body.FlushAsync(cancellationToken);
            await foreach (string data in stream.Reader.ReadAllAsync(cancellationToken))
            {
                yield return data;
            }
        }
        finally
        {
            streams.TryRemove(stream, out _);
        }
    }
}
