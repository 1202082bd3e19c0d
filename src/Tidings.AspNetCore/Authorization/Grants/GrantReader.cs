using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>An app's own rule: the rights of a user, beside those that the user's token grants.</summary>
internal sealed record GrantRule(Func<ClaimsPrincipal, IEnumerable<TopicGrant>> GrantsOf);

/// <summary>
/// Finds the rights of a user, however the user was authenticated: by our own handler, or by any other that keeps the token's claims (JwtBearer makes one claim of each authorization
/// detail), and by the rules of the app.
/// </summary>
internal sealed class GrantReader(IEnumerable<GrantRule> rules, IOptionsMonitor<HubAuthorizationOptions> options)
{
    private readonly GrantRule[] _rules = [.. rules];

    /// <summary>The rights of <paramref name="user"/>; false if the claims with the rights are malformed, and then there are none at all.</summary>
    public bool TryRead(ClaimsPrincipal user, [NotNullWhen(true)] out HubGrants? grants)
    {
        grants = HubGrants.None;
        if (user.Identity?.IsAuthenticated is not true)
        {
            return true;
        }

        if (!TryReadClaims(user, out List<TopicGrant>? granted, out Dialect? dialect))
        {
            grants = null;
            return false;
        }

        TopicActions mask = user.FindFirst(TokenClaims.Actions)?.Value switch
        {
            null => TopicActions.Publish | TopicActions.Subscribe,
            "publish" => TopicActions.Publish,
            "subscribe" => TopicActions.Subscribe,
            _ => TopicActions.None,
        };
        IEnumerable<TopicGrant> masked = granted.Select(grant => new TopicGrant(grant.Actions & mask, grant.Topics, grant.Payload));
        grants = new HubGrants([.. masked, .. _rules.SelectMany(rule => rule.GrantsOf(user))])
        {
            IsAuthenticated = true,
            Dialect = dialect,
            Expires = ExpiresOf(user),
            Subject = OfIssuer(user, SubjectOf(user)),
            IsNamed = SubjectOf(user).Length > 0,
            TokenId = user.FindFirst(TokenClaims.TokenId)?.Value is { Length: > 0 } id ? OfIssuer(user, id) : "",
            Trust = user.FindFirst(TokenClaims.Trust)?.Value,
        };
        return true;
    }

    private bool TryReadClaims(ClaimsPrincipal user, [NotNullWhen(true)] out List<TopicGrant>? grants, out Dialect? dialect)
    {
        grants = [];
        dialect = null;
        Claim[] details = [.. user.FindAll(AuthorizationDetails.Claim)];
        if (details.Length > 0)
        {
            dialect = Dialect.Current;
            return TryFlatten(details, out List<JsonElement> elements) && AuthorizationDetails.TryRead(elements, new MatcherReader(options.CurrentValue.PublicUrl), out grants);
        }

        Claim[] legacy = [.. user.FindAll(claim => claim.Type is LegacyClaim.Claim or LegacyClaim.NamespacedClaim)];
        if (legacy.Length == 0)
        {
            return true;
        }

        dialect = Dialect.Legacy;
        return legacy.Length == 1 && TryParse(legacy[0], out JsonElement claim) && LegacyClaim.TryRead(claim, out grants);
    }

    private static bool TryFlatten(Claim[] claims, out List<JsonElement> elements)
    {
        elements = [];
        foreach (Claim claim in claims)
        {
            if (!TryParse(claim, out JsonElement element))
            {
                return false;
            }

            if (element.ValueKind == JsonValueKind.Array)
            {
                elements.AddRange(element.EnumerateArray());
            }
            else
            {
                elements.Add(element);
            }
        }

        return true;
    }

    private static bool TryParse(Claim claim, out JsonElement element) => StrictJson.TryParse(Encoding.UTF8.GetBytes(claim.Value), out element);

    // Only whole numbers that a calendar holds; whoever verified the token has judged the claim before.
    private static DateTimeOffset? ExpiresOf(ClaimsPrincipal user) =>
        long.TryParse(user.FindFirst(TokenClaims.Expires)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= NumericDate.MaxSeconds
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    // JwtBearer may have renamed "sub".
    private static string SubjectOf(ClaimsPrincipal user) =>
        user.FindFirst(TokenClaims.Subject)?.Value ?? user.FindFirst(ClaimTypes.NameIdentifier)?.Value ?? user.Identity?.Name ?? "";

    // The length before the issuer keeps "a" + "bc" apart from "ab" + "c".
    private static string OfIssuer(ClaimsPrincipal user, string name)
    {
        string issuer = user.FindFirst(TokenClaims.Issuer)?.Value ?? "";
        return $"{issuer.Length}:{issuer}{name}";
    }
}
