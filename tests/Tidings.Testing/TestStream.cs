using System.Text;

namespace Tidings.Testing;

/// <summary>One open event stream, read byte by byte as a client sees it.</summary>
public sealed class TestStream : IAsyncDisposable
{
    private readonly HttpClient _client;
    private readonly Stream _body;
    private readonly List<byte> _received = [];

    private TestStream(HttpClient client, HttpResponseMessage response, Stream body)
    {
        _client = client;
        Response = response;
        _body = body;
    }

    /// <summary>The response's head.</summary>
    public HttpResponseMessage Response { get; }

    /// <summary>Everything that has been read so far.</summary>
    public string Text => Encoding.UTF8.GetString([.. _received]);

    /// <summary>The events among what has been read so far.</summary>
    public IReadOnlyList<DecodedEvent> Events => FrameDecoder.Decode([.. _received]);

    /// <summary>Sends the request and returns as soon as the head of the response is there. The stream owns the client.</summary>
    public static async Task<TestStream> OpenAsync(HttpClient client, HttpRequestMessage request)
    {
        request.Version = client.DefaultRequestVersion;
        request.VersionPolicy = client.DefaultVersionPolicy;
        HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Hang.Limit, TimeProvider.System);
        return new TestStream(client, response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>Reads until <paramref name="count"/> events have come in all.</summary>
    public async Task<IReadOnlyList<DecodedEvent>> ReadEventsAsync(int count)
    {
        int seen = CountBlankLines() >= count ? Events.Count : 0;
        while (seen < count)
        {
            if (!await ReadSomeAsync())
            {
                throw new EndOfStreamException($"The stream ended after: {Text}");
            }

            // Only when a blank line came, so that long streams are not decoded again for every byte.
            seen = CountBlankLines() >= count ? Events.Count : seen;
        }

        return Events;
    }

    /// <summary>Reads until the text so far satisfies <paramref name="condition"/>.</summary>
    public async Task<string> ReadUntilAsync(Func<string, bool> condition)
    {
        while (!condition(Text))
        {
            if (!await ReadSomeAsync())
            {
                throw new EndOfStreamException($"The stream ended after: {Text}");
            }
        }

        return Text;
    }

    /// <summary>Reads until the server ends the stream, in order or not.</summary>
    public async Task<IReadOnlyList<DecodedEvent>> ReadToEndAsync()
    {
        while (await ReadSomeAsync())
        {
        }

        return Events;
    }

    /// <summary>Hangs up.</summary>
    public ValueTask DisposeAsync()
    {
        Response.Dispose();
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> ReadSomeAsync()
    {
        byte[] buffer = new byte[16 * 1024];
        int read = await _body.ReadAsync(buffer).AsTask().WaitAsync(Hang.Limit, TimeProvider.System);
        _received.AddRange(buffer.AsSpan(0, read));
        return read > 0;
    }

    private int CountBlankLines()
    {
        int count = 0;
        for (int i = 1; i < _received.Count; i++)
        {
            if (_received[i] == '\n' && _received[i - 1] == '\n')
            {
                count++;
            }
        }

        return count;
    }
}
