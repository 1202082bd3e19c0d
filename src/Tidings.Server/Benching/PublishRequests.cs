namespace Tidings.Server;

/// <summary>The request for each topic, made once; only the payload in it changes. The run has one thread, and a request is sent before the next is written.</summary>
internal sealed class PublishRequests(BenchTarget target, int topics, int dataBytes)
{
    private readonly byte[]?[] _requests = new byte[]?[topics];
    private readonly int[] _dataOffsets = new int[topics];

    public byte[] For(int topic, out int dataOffset)
    {
        byte[]? request = _requests[topic];
        if (request is null)
        {
            (request, _dataOffsets[topic]) = target.PublishRequest(topic, dataBytes);
            _requests[topic] = request;
        }

        dataOffset = _dataOffsets[topic];
        return request;
    }
}
