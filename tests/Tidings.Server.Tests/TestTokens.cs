using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tidings.Server.Tests;

/// <summary>Tokens as other programs make them.</summary>
internal static class TestTokens
{
    /// <summary>A token of protocol 0.x without an end, signed with HS256.</summary>
    /// <param name="secret">The key.</param>
    /// <param name="claim">The claim <c>mercure</c>, as JSON.</param>
    public static string Legacy(string secret, string claim)
    {
        string signed = $"{Encode("""{"alg":"HS256","typ":"JWT"}""")}.{Encode($$"""{"mercure":{{claim}}}""")}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed)))}";
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
