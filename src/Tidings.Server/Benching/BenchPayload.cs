using System.Security.Cryptography;

namespace Tidings.Server;

/// <summary>
/// The data of an event of a run: the run, the publisher, the publisher's number of the event, and the time at which it was meant to be sent. Its characters mean themselves in a URL, a form
/// and JSON, so that it fits anywhere.
/// </summary>
internal sealed class BenchPayload
{
    /// <summary>As long as what it has to tell.</summary>
    public const int MinBytes = TimeOffset + TimeDigits;

    public const int MaxBytes = 64 * 1024;

    /// <summary>The publisher of what only tells how far a stream is, by the numbers <see cref="Opening"/> and <see cref="Closing"/>; its events are not counted.</summary>
    public const int Announcer = 0xFFFF;

    /// <summary>Published before all that counts.</summary>
    public const int Opening = 0;

    /// <summary>Published after all that counts.</summary>
    public const int Closing = 1;

    private const int PublisherOffset = 11; // "tb", eight digits of the run, "-"
    private const int PublisherDigits = 4;
    private const int NumberOffset = PublisherOffset + PublisherDigits + 1;
    private const int NumberDigits = 8;
    private const int TimeOffset = NumberOffset + NumberDigits + 1;
    private const int TimeDigits = 16;

    private readonly byte[] _blank;

    public BenchPayload(int bytes)
    {
        Run = RandomNumberGenerator.GetHexString(PublisherOffset - 3, lowercase: true);
        _blank = new byte[bytes];
        _blank.AsSpan().Fill((byte)'x');
        System.Text.Encoding.ASCII.GetBytes($"tb{Run}-", _blank);
        _blank[NumberOffset - 1] = (byte)'-';
        _blank[TimeOffset - 1] = (byte)'-';
    }

    /// <summary>What tells this run from any other on the same server.</summary>
    public string Run { get; }

    public int Bytes => _blank.Length;

    public void Write(Span<byte> target, int publisher, int number, long intended)
    {
        _blank.CopyTo(target);
        HexNumber.Write(target.Slice(PublisherOffset, PublisherDigits), (ulong)publisher);
        HexNumber.Write(target.Slice(NumberOffset, NumberDigits), (ulong)number);
        HexNumber.Write(target.Slice(TimeOffset, TimeDigits), (ulong)intended);
    }

    /// <summary>False for what is not of this run, or not whole.</summary>
    public bool TryRead(ReadOnlySpan<byte> data, out int publisher, out int number, out long intended)
    {
        if (data.Length != _blank.Length || !data.StartsWith(_blank.AsSpan(0, PublisherOffset)))
        {
            publisher = number = 0;
            intended = 0;
            return false;
        }

        publisher = (int)HexNumber.Read(data.Slice(PublisherOffset, PublisherDigits));
        number = (int)HexNumber.Read(data.Slice(NumberOffset, NumberDigits));
        intended = (long)HexNumber.Read(data.Slice(TimeOffset, TimeDigits));
        return true;
    }
}
