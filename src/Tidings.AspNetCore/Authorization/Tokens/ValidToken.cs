using System.Globalization;
using System.Security.Claims;
using System.Text.Json;

namespace Tidings;

/// <summary>A token whose signature, times and grants have been found good.</summary>
internal sealed class ValidToken(CompactJws jws, JsonElement payload, Dialect dialect, (TopicActions Actions, string Trust) signer)
{
    public CompactJws Jws => jws;

    public JsonElement Payload => payload;

    public Dialect Dialect => dialect;

    /// <summary>The user: the registered claims that are text, the time of the end, and the grants as the token has them. Nothing else of the token is taken over.</summary>
    public ClaimsIdentity ToIdentity(string authenticationType)
    {
        var identity = new ClaimsIdentity(authenticationType, TokenClaims.Subject, roleType: null);
        foreach (string name in new[] { TokenClaims.Issuer, TokenClaims.Subject, TokenClaims.ClientId, TokenClaims.TokenId })
        {
            if (payload.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String)
            {
                identity.AddClaim(new Claim(name, value.GetString()!)); // a string has a text
            }
        }

        if (NumericDate.TryRead(payload, TokenClaims.Expires, out DateTimeOffset? expires) && expires is { } end)
        {
            identity.AddClaim(new Claim(TokenClaims.Expires, end.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), ClaimValueTypes.Integer64));
        }

        string grants = dialect == Dialect.Current ? AuthorizationDetails.Claim : TokenValidator.LegacyClaimOf(payload);
        identity.AddClaim(new Claim(dialect == Dialect.Current ? AuthorizationDetails.Claim : LegacyClaim.Claim, payload.GetProperty(grants).GetRawText(), "JSON"));
        if (signer.Actions != (TopicActions.Publish | TopicActions.Subscribe))
        {
            identity.AddClaim(new Claim(TokenClaims.Actions, signer.Actions == TopicActions.Publish ? "publish" : "subscribe"));
        }

        identity.AddClaim(new Claim(TokenClaims.Trust, signer.Trust));
        return identity;
    }
}
