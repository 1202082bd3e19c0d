namespace Tidings;

/// <summary>The versions of the protocol that break with each other.</summary>
internal enum Dialect
{
    /// <summary>Protocol 1.0: access tokens of RFC 9068 with <c>authorization_details</c>.</summary>
    Current,

    /// <summary>Protocol 0.x: the <c>mercure</c> claim.</summary>
    Legacy,
}
