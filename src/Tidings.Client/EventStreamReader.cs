using System.Buffers;
using System.Runtime.CompilerServices;
using Tidings.Client.Decoding;

namespace Tidings.Client;

/// <summary>Reads events out of any stream of bytes: a file, a pipe, a response that somebody else opened. No reconnection; for that, <see cref="EventSource"/>.</summary>
public static class EventStreamReader
{
    /// <summary>The events of <paramref name="stream"/>, to its end. The stream is read no faster than the events are taken, and is not disposed.</summary>
    /// <remarks>Comments, if <paramref name="options"/> reports them, come as events with an empty type.</remarks>
    /// <exception cref="EventStreamLimitException">While reading: the stream went beyond a limit.</exception>
    /// <exception cref="IOException">While reading: the stream failed.</exception>
    public static IAsyncEnumerable<ServerSentEvent> ReadAllAsync(
        Stream stream, EventStreamOptions? options = null, CancellationToken cancellationToken = default)
    {
        var text = new EventText();
        return ReadAllAsync(stream, text.ToEvent, options, cancellationToken);
    }

    /// <summary>The events of <paramref name="stream"/>, to its end, each turned into a <typeparamref name="T"/> without strings in between.</summary>
    /// <param name="stream">Read no faster than the events are taken, and not disposed.</param>
    /// <param name="parse">Turns an event into a value. Sees comments too if <paramref name="options"/> reports them.</param>
    /// <param name="options">The limits; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the reading with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="EventStreamLimitException">While reading: the stream went beyond a limit.</exception>
    /// <exception cref="IOException">While reading: the stream failed.</exception>
    public static IAsyncEnumerable<T> ReadAllAsync<T>(
        Stream stream, Utf8EventParser<T> parse, EventStreamOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(parse);
        return ReadCoreAsync(stream, parse, options, cancellationToken);
    }

    private static async IAsyncEnumerable<T> ReadCoreAsync<T>(
        Stream stream, Utf8EventParser<T> parse, EventStreamOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(EventStreamInput.ReadBytes);
        var input = new EventStreamInput(stream, new EventStreamDecoder(options), buffer);
        while (await input.FillAsync(cancellationToken).ConfigureAwait(false))
        {
            while (input.TryRead(parse, out T? item))
            {
                yield return item;
            }
        }

        // Only after an orderly end: a read that failed or was abandoned may still write to it.
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
