using System.Globalization;
using System.Text;

namespace Tidings;

/// <summary>
/// How long one stream may last: to the end of the rights with which it was opened, which the client is told some seconds before so that it can renew them, and no longer than the app
/// allows for any stream.
/// </summary>
/// <remarks>The response asks before it writes, the timer each tick.</remarks>
internal sealed class StreamTerm
{
    private const string NoticeType = "tidings-expiring";

    private readonly DateTimeOffset? _expires;
    private readonly DateTimeOffset _end;
    private readonly DateTimeOffset _noticeAt;
    private readonly CancellationToken _revoked;
    private volatile bool _isNoticed;

    /// <param name="options">The longest age of a stream, and how early its end is told.</param>
    /// <param name="now">The time of day at which the stream opens.</param>
    /// <param name="expires">When the rights end; null for never.</param>
    /// <param name="revoked">Cancelled when the rights are taken back.</param>
    public StreamTerm(TidingsOptions options, DateTimeOffset now, DateTimeOffset? expires, CancellationToken revoked)
    {
        // Streams that were opened together do not end together.
        DateTimeOffset oldest = options.MaxStreamAge == TimeSpan.Zero
            ? DateTimeOffset.MaxValue
            : now + (options.MaxStreamAge * (0.8 + (0.2 * Random.Shared.NextDouble())));
        _expires = expires;
        _revoked = revoked;
        _end = expires < oldest ? expires.Value : oldest;

        // Who comes back with its old token because the stream was too old needs no notice.
        _isNoticed = expires is null || expires > oldest || options.ExpiryNotice == TimeSpan.Zero;
        _noticeAt = _isNoticed ? DateTimeOffset.MaxValue : expires!.Value - options.ExpiryNotice; // not null: it has an end
    }

    /// <summary>Whether nothing may be written any more.</summary>
    public bool IsOver(DateTimeOffset now) => now >= _end || _revoked.IsCancellationRequested;

    /// <summary>Whether the client should be told now that its rights end soon.</summary>
    public bool IsNoticeDue(DateTimeOffset now) => !_isNoticed && now >= _noticeAt;

    /// <summary>The event that tells it, once. Without an id: it is no event of the log, and the client's cursor stays where it is.</summary>
    public ReadOnlyMemory<byte> TakeNotice()
    {
        _isNoticed = true;
        string data = string.Create(CultureInfo.InvariantCulture, $$"""{"expires":"{{_expires:yyyy-MM-ddTHH:mm:ssZ}}"}""");
        return Encoding.ASCII.GetBytes($"event: {NoticeType}\ndata: {data}\n\n");
    }
}
