namespace Tidings;

/// <summary>
/// What is wrong with a token. Told to the log and to <c>tidings token decode</c>; whoever presents the token learns only that it is invalid
/// (RFC 6750, 3.1: one code, so that nothing is disclosed).
/// </summary>
internal enum TokenDefect
{
    /// <summary>Longer than <see cref="CompactJws.MaxChars"/>.</summary>
    TooLong,

    /// <summary>Not three parts of canonical base64url. Five parts would be an encrypted token (JWE), which the hub cannot read.</summary>
    NotCompactJws,

    /// <summary>The header is not a JSON object that can be read in one way only, or a member has the wrong type.</summary>
    BadHeader,

    /// <summary>The header demands an extension (<c>crit</c>, <c>b64</c>), and none is known.</summary>
    UnknownExtension,

    /// <summary>The algorithm is missing, <c>none</c>, or not one that is verified here.</summary>
    UnknownAlgorithm,

    /// <summary>The payload is not a JSON object that can be read in one way only.</summary>
    BadPayload,

    /// <summary>Neither dialect's claim is there: the token grants nothing that a hub knows.</summary>
    NoDialect,

    /// <summary>A token of protocol 0.x, and no keys for it are configured.</summary>
    LegacyNotConfigured,

    /// <summary>A token of protocol 0.x that is too short to be one.</summary>
    TooShort,

    /// <summary>A token of protocol 1.0 whose <c>typ</c> is not <c>at+jwt</c> (RFC 9068, section 4).</summary>
    WrongType,

    /// <summary>No such issuer is trusted.</summary>
    UnknownIssuer,

    /// <summary>No key that is trusted for this kind of token and algorithm made the signature.</summary>
    BadSignature,

    /// <summary>The token is meant for somebody else.</summary>
    WrongAudience,

    /// <summary>The time after which the token is invalid has come, or is missing where it must be.</summary>
    Expired,

    /// <summary>A time claim is not a number, or beyond all calendars.</summary>
    BadTime,

    /// <summary>The token becomes valid later, or was issued later than now.</summary>
    NotYetValid,

    /// <summary><c>sub</c>, <c>client_id</c> or <c>jti</c> is not text.</summary>
    BadClaim,

    /// <summary>The claim with the grants breaks the rules or limits of its dialect.</summary>
    BadGrants,

    /// <summary>A token of protocol 1.0 in the query of a URL.</summary>
    NotInQuery,
}
