namespace Tidings;

/// <summary>What <c>AddTidingsTokens</c> uses unless it is told otherwise.</summary>
public static class TidingsTokenDefaults
{
    /// <summary>The name of the authentication scheme.</summary>
    public const string AuthenticationScheme = "TidingsToken";
}
