using System.Text.Json;

namespace Tidings;

/// <summary>Where in the request a token was found.</summary>
internal enum TokenPlace
{
    Header,
    Query,
    Cookie,
}

/// <summary>
/// Judges tokens by the rules of their own dialect, and never by those of the other one. What is asked first is what costs least; nothing that a token says is believed before its signature is
/// verified, except which issuer's keys to try.
/// </summary>
internal sealed class TokenValidator(Func<HubKeys> keys, TimeProvider time)
{
    /// <summary>The shortest token of protocol 0.x: an unsigned empty one has as many characters.</summary>
    public const int MinLegacyChars = 41;

    /// <summary>By how much the clock of an issuer may be ahead. The end of a token is exact.</summary>
    public static readonly TimeSpan Leeway = TimeSpan.FromSeconds(30);

    /// <summary>The token, or what is wrong with it.</summary>
    public async ValueTask<(ValidToken? Token, TokenDefect? Defect)> ValidateAsync(string text, TokenPlace place, CancellationToken cancellationToken)
    {
        if (!CompactJws.TryParse(text, out CompactJws? jws, out TokenDefect defect))
        {
            return (null, defect);
        }

        if (!StrictJson.TryParseObject(jws.Payload, out JsonElement payload))
        {
            return (null, TokenDefect.BadPayload);
        }

        HubKeys trusted = keys();
        switch (DialectOf(jws, payload))
        {
            case Dialect.Current when place == TokenPlace.Query:
                return (null, TokenDefect.NotInQuery);
            case Dialect.Current:
                return await ValidateCurrentAsync(trusted, jws, payload, cancellationToken);
            case Dialect.Legacy when trusted.Legacy is not { } legacyKeys:
                return (null, TokenDefect.LegacyNotConfigured);
            case Dialect.Legacy when text.Length < MinLegacyChars:
                return (null, TokenDefect.TooShort);
            case Dialect.Legacy:
                return await ValidateLegacyAsync(trusted.Legacy, jws, payload, cancellationToken);
            default:
                return (null, TokenDefect.NoDialect);
        }
    }

    /// <summary>By which protocol's rules a token is judged; null for neither.</summary>
    public static Dialect? DialectOf(CompactJws jws, JsonElement payload) =>
        IsAccessToken(jws.Type) || payload.TryGetProperty(AuthorizationDetails.Claim, out _) ? Dialect.Current
        : payload.TryGetProperty(LegacyClaimOf(payload), out _) ? Dialect.Legacy
        : null;

    /// <summary>The name by which the token has the claim of protocol 0.x.</summary>
    public static string LegacyClaimOf(JsonElement payload) => payload.TryGetProperty(LegacyClaim.Claim, out _) ? LegacyClaim.Claim : LegacyClaim.NamespacedClaim;

    /// <summary>What is wrong with the claims of a token of protocol 1.0, apart from signature and issuer; null if nothing is.</summary>
    public static TokenDefect? CheckCurrent(CompactJws jws, JsonElement payload, string audience, MatcherReader matchers, DateTimeOffset now)
    {
        if (!IsAccessToken(jws.Type))
        {
            return TokenDefect.WrongType;
        }

        if (!HasAudience(payload, audience))
        {
            return TokenDefect.WrongAudience;
        }

        if (CheckTimes(payload, now, Dialect.Current) is { } defect)
        {
            return defect;
        }

        foreach (string name in new[] { TokenClaims.Subject, TokenClaims.ClientId, TokenClaims.TokenId })
        {
            if (payload.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.String)
            {
                return TokenDefect.BadClaim;
            }
        }

        return payload.TryGetProperty(AuthorizationDetails.Claim, out JsonElement details) && AuthorizationDetails.TryRead(details, matchers, out _)
            ? null
            : TokenDefect.BadGrants;
    }

    /// <summary>What is wrong with the claims of a token of protocol 0.x, apart from the signature; null if nothing is.</summary>
    public static TokenDefect? CheckLegacy(JsonElement payload, DateTimeOffset now) =>
        CheckTimes(payload, now, Dialect.Legacy)
        ?? (LegacyClaim.TryRead(payload.GetProperty(LegacyClaimOf(payload)), out _) ? null : TokenDefect.BadGrants);

    private async ValueTask<(ValidToken? Token, TokenDefect? Defect)> ValidateCurrentAsync(
        HubKeys trusted, CompactJws jws, JsonElement payload, CancellationToken cancellationToken)
    {
        if (!payload.TryGetProperty(TokenClaims.Issuer, out JsonElement issuer) || issuer.ValueKind != JsonValueKind.String
            || !trusted.Issuers.TryGetValue(issuer.GetString()!, out TrustedIssuer? trust)) // a string has a text
        {
            return (null, TokenDefect.UnknownIssuer);
        }

        (TopicActions Actions, string Trust) signer = await trust.Keys.VerifyAsync(jws, cancellationToken);
        TokenDefect? defect = signer.Actions == TopicActions.None
            ? TokenDefect.BadSignature
            : CheckCurrent(jws, payload, trust.Audience, trusted.Matchers, time.GetUtcNow());
        return defect is null ? (new ValidToken(jws, payload, Dialect.Current, signer), null) : (null, defect);
    }

    private async ValueTask<(ValidToken? Token, TokenDefect? Defect)> ValidateLegacyAsync(
        TrustedKeys trust, CompactJws jws, JsonElement payload, CancellationToken cancellationToken)
    {
        (TopicActions Actions, string Trust) signer = await trust.VerifyAsync(jws, cancellationToken);
        TokenDefect? defect = signer.Actions == TopicActions.None ? TokenDefect.BadSignature : CheckLegacy(payload, time.GetUtcNow());
        return defect is null ? (new ValidToken(jws, payload, Dialect.Legacy, signer), null) : (null, defect);
    }

    // RFC 9068, section 4: with or without "application/", and media types do not care for case.
    private static bool IsAccessToken(string? type) =>
        string.Equals(type, "at+jwt", StringComparison.OrdinalIgnoreCase) || string.Equals(type, "application/at+jwt", StringComparison.OrdinalIgnoreCase);

    private static bool HasAudience(JsonElement payload, string audience)
    {
        if (!payload.TryGetProperty("aud", out JsonElement claim))
        {
            return false;
        }

        if (claim.ValueKind == JsonValueKind.String)
        {
            return claim.GetString() == audience;
        }

        // RFC 7519, 4.1.3: a list of strings; a list with anything else is no audience.
        return claim.ValueKind == JsonValueKind.Array
            && claim.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            && claim.EnumerateArray().Any(item => item.GetString() == audience);
    }

    private static TokenDefect? CheckTimes(JsonElement payload, DateTimeOffset now, Dialect dialect)
    {
        if (!NumericDate.TryRead(payload, TokenClaims.Expires, out DateTimeOffset? expires)
            || !NumericDate.TryRead(payload, "nbf", out DateTimeOffset? notBefore)
            || !NumericDate.TryRead(payload, "iat", out DateTimeOffset? issuedAt))
        {
            return TokenDefect.BadTime;
        }

        if (expires is null ? dialect == Dialect.Current : now >= expires)
        {
            return TokenDefect.Expired;
        }

        // 0.x has never looked at "iat"; deployments with a wrong clock live on that.
        bool isEarly = notBefore > now + Leeway || (dialect == Dialect.Current && issuedAt > now + Leeway);
        return isEarly ? TokenDefect.NotYetValid : null;
    }
}
