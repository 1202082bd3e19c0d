namespace Tidings.Browser.Tests;

/// <summary>What a user prefers.</summary>
public enum ColorScheme
{
    /// <summary>Dark on light.</summary>
    Light,

    /// <summary>Light on dark.</summary>
    Dark,
}
