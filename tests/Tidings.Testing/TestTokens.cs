using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tidings.Testing;

/// <summary>Access tokens as other programs make them, signed with HS256.</summary>
public static class TestTokens
{
    /// <summary>A token of protocol 0.x.</summary>
    /// <param name="secret">The key.</param>
    /// <param name="claim">The claim <c>mercure</c>, as JSON.</param>
    /// <param name="expires">Its end; null for none.</param>
    public static string Legacy(string secret, string claim, DateTimeOffset? expires = null) =>
        Sign(secret, """{"alg":"HS256","typ":"JWT"}""", $$"""{"mercure":{{claim}}{{(expires is null ? "" : $",\"exp\":{expires.Value.ToUnixTimeSeconds()}")}}}""");

    /// <summary>A token of protocol 1.0.</summary>
    /// <param name="secret">The key.</param>
    /// <param name="issuer">Who makes it.</param>
    /// <param name="audience">The hub.</param>
    /// <param name="expires">Its end.</param>
    /// <param name="action"><c>publish</c> or <c>subscribe</c>.</param>
    /// <param name="topic">The topic that it grants, or <c>*</c>.</param>
    public static string Current(string secret, string issuer, string audience, DateTimeOffset expires, string action, string topic) => Sign(
        secret,
        """{"alg":"HS256","typ":"at+jwt"}""",
        $$"""
        {"iss":"{{issuer}}","aud":"{{audience}}","sub":"test","client_id":"test","exp":{{expires.ToUnixTimeSeconds()}},
        "authorization_details":[{"type":"https://mercure.rocks/authorization-detail","actions":["{{action}}"],"topics":[{"match":"{{topic}}"}]}]}
        """);

    private static string Sign(string secret, string header, string payload)
    {
        string signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed)))}";
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
