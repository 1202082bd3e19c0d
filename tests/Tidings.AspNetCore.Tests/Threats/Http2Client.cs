using System.Buffers.Binary;
using System.Text;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>
/// A client that speaks HTTP/2 frame by frame (RFC 9113), and so can do what a decent one cannot. It reads all the time unless told otherwise; what a test looks at is what it has read so far.
/// </summary>
internal sealed class Http2Client : IAsyncDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Priority = 2;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    public const byte Continuation = 9;

    public const byte EndStream = 1;
    public const byte EndHeaders = 4;

    private const int HeadBytes = 9;
    private const int LargestWindow = int.MaxValue;

    private readonly Stream _connection;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, StringBuilder> _data = []; // Guarded by _gate, like all below.
    private readonly Dictionary<int, uint> _resets = [];
    private uint? _goAway;
    private bool _isClosed;
    private int _sent; // Changed by Interlocked.

    private Http2Client(Stream connection) => _connection = connection;

    /// <summary>Why the server has ended the connection; null if it has not said so.</summary>
    public uint? GoneAway => Locked(() => _goAway);

    /// <summary>Whether the connection is over.</summary>
    public bool IsClosed => Locked(() => _isClosed);

    /// <summary>How many bytes were sent.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>The streams that the server has reset, and why.</summary>
    public IReadOnlyDictionary<int, uint> Resets => Locked(() => new Dictionary<int, uint>(_resets));

    /// <param name="connection">Where the server is.</param>
    /// <param name="window">How many bytes the server may send on each stream until it is given more; on the connection it may send without end.</param>
    /// <param name="reads">Whether the client ever reads.</param>
    public static async Task<Http2Client> ConnectAsync(Stream connection, int window = 65_535, bool reads = true)
    {
        var client = new Http2Client(connection);
        byte[] settings = new byte[6];
        settings[1] = 4; // SETTINGS_INITIAL_WINDOW_SIZE
        BinaryPrimitives.WriteInt32BigEndian(settings.AsSpan(2), window);
        await connection.WriteAsync(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), TestApp.Cancellation);
        await client.SendAsync([.. Frame(Settings, 0, 0, settings), .. Frame(WindowUpdate, 0, 0, Number(LargestWindow - 65_535))]);
        if (reads)
        {
            _ = client.ReadToEndAsync();
        }

        return client;
    }

    /// <summary>What was received on a stream.</summary>
    public string TextOf(int stream) => Locked(() => _data.GetValueOrDefault(stream)?.ToString() ?? "");

    public static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[HeadBytes + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, (payload.Length << 8) | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(HeadBytes));
        return frame;
    }

    /// <summary>A subscription to <c>news</c>.</summary>
    public static byte[] Subscribe(int stream) => Frame(Headers, EndHeaders | EndStream, stream, Fields(
        (":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", $"{TestApp.HubPath}?match=news")));

    /// <summary>A publish whose body is to follow.</summary>
    public static byte[] Publish(int stream) => Frame(Headers, EndHeaders, stream, Fields(
        (":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", TestApp.HubPath), ("content-type", "application/x-www-form-urlencoded")));

    /// <summary>Header fields without any compression (RFC 7541, 6.2.2).</summary>
    public static byte[] Fields(params (string Name, string Value)[] fields)
    {
        List<byte> bytes = [];
        foreach ((string name, string value) in fields)
        {
            bytes.AddRange([0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)]); // shorter than 127
        }

        return [.. bytes];
    }

    public static byte[] Number(int number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }

    public Task SendAsync(byte[] frames) => SendAsync(frames, TestApp.Cancellation);

    public async Task SendAsync(byte[] frames, CancellationToken cancellationToken)
    {
        await _connection.WriteAsync(frames, cancellationToken);
        Interlocked.Add(ref _sent, frames.Length);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task ReadToEndAsync()
    {
        try
        {
            byte[] head = new byte[HeadBytes];
            while (true)
            {
                await _connection.ReadExactlyAsync(head, TestApp.Cancellation);
                byte[] payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >> 8];
                await _connection.ReadExactlyAsync(payload, TestApp.Cancellation);
                Note(head[3], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
            }
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The server, or the test, has ended the connection.
            Locked(() => _isClosed = true);
        }
    }

    private void Note(byte type, int stream, byte[] payload)
    {
        lock (_gate)
        {
            if (type == Data)
            {
                if (!_data.TryGetValue(stream, out StringBuilder? text))
                {
                    _data[stream] = text = new StringBuilder();
                }

                text.Append(Encoding.UTF8.GetString(payload));
            }
            else if (type == Reset)
            {
                _resets[stream] = BinaryPrimitives.ReadUInt32BigEndian(payload);
            }
            else if (type == GoAway)
            {
                _goAway = BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(4));
            }
        }
    }

    private T Locked<T>(Func<T> look)
    {
        lock (_gate)
        {
            return look();
        }
    }
}
