using System.Net;
using System.Net.Sockets;

namespace Tidings;

/// <summary>Whom streams are counted by.</summary>
internal readonly record struct StreamClient(StreamClientKind Kind, string Value)
{
    /// <summary>Whoever is at <paramref name="address"/>: for IPv6 in its network, because whoever has one such address has the 2^64 beside it, too.</summary>
    public static StreamClient AtAddress(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return new StreamClient(
            StreamClientKind.Address,
            address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString());
    }

    /// <summary>The one that a stream is put down to: its user whatever the token, else its token, else its address; null if none is known.</summary>
    public static StreamClient? Of(HubGrants grants, IPAddress? address) => Of(grants.IsNamed ? grants.Subject : "", grants.TokenId, address);

    /// <inheritdoc cref="Of(HubGrants, IPAddress?)" />
    public static StreamClient? Of(string subject, string tokenId, IPAddress? address) =>
        subject.Length > 0 ? new StreamClient(StreamClientKind.Subject, subject)
        : tokenId.Length > 0 ? new StreamClient(StreamClientKind.Token, tokenId)
        : address is not null ? AtAddress(address)
        : null;
}

/// <summary>What a client is known by.</summary>
internal enum StreamClientKind
{
    Address,
    Subject,
    Token,
}
